"""The stream's handshakes: with token or ticket, again when the token has expired, not for ever when refused."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest

from orders_client import (
    ApiError,
    Backoff,
    InsecureAddress,
    NotAllowed,
    OrdersError,
    OrderStream,
    StreamTicket,
    Unauthenticated,
    Unavailable,
)
from orders_client.wire import accepted_from
from tests.unit.client.fake_gateway import LIFE, QUICK, FakeGateway, FakeSocket, Frame
from tests.unit.client.stub_stream import EXPIRED, StubStream, stub_stream
from tests.unit.client.test_client_authentication import Renewable
from tests.unit.client.test_client_stream import collecting, seqs, until

pytestmark = pytest.mark.enable_socket


def served(scenario: Callable[[StubStream], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run a test in a loop of its own, against a server, and not for ever."""

    async def run() -> None:
        async with stub_stream(StubStream()) as stub:
            await asyncio.wait_for(scenario(stub), 20)

    def test() -> None:
        asyncio.run(run())

    test.__name__ = scenario.__name__
    return test


def stream_to(stub: StubStream, **options: Any) -> OrderStream:
    return OrderStream(**{"url": stub.url, "timing": QUICK, **options})


def tickets_of(stub: StubStream) -> Callable[[], StreamTicket]:
    """Return what gives tickets as the engine does."""
    numbers = iter(range(100))

    def ticket() -> StreamTicket:
        given = f"ticket-{next(numbers)}"
        stub.tickets.add(given)
        return StreamTicket(given, 30)

    return ticket


@served
async def test_a_token_goes_into_the_header_and_not_into_the_address(stub: StubStream) -> None:
    stub.tokens = {"valid"}
    async with stream_to(stub, token="valid", url=f"{stub.url}?orderId=1&ticket=left-off") as stream:
        await stream.subscribe_channel("user")
    assert stub.handshakes == [("valid", {})]


@served
async def test_an_order_is_followed_at_the_address_of_the_answer_that_accepted_it(stub: StubStream) -> None:
    order_id = stub.gateway.place()
    stub.tickets = {"once"}
    body = {
        "orderId": order_id,
        "status": "pending",
        "message": "",
        "websocketUrl": f"{stub.url}?orderId=x&ticket=once",
    }
    accepted = accepted_from(body, replayed=False)
    async with stream_to(stub, url=accepted.websocket_url) as stream:
        stub.gateway.live(order_id)
        await stream.wait_until_terminal(order_id)
        assert seqs(stream, order_id) == [1, 2, 3, 4, 5]
    assert stub.handshakes == [("", {"ticket": "once"})]
    assert "once" not in repr(accepted)


@served
async def test_the_ticket_of_an_address_does_not_open_a_second_connection(stub: StubStream) -> None:
    stub.tickets = {"once"}
    async with stream_to(stub, url=f"{stub.url}?ticket=once") as stream:
        stub.gateway.connections[0].cut()
        with pytest.raises(Unauthenticated, match="good for one connection") as refused:
            async for _ in stream:
                pass
    assert "tickets=" in refused.value.next_step
    assert len(stub.handshakes) == 1


@pytest.mark.parametrize(
    ("query", "options"),
    [("", {"token": "t0k3n"}), ("?ticket=t", {}), ("", {"tickets": lambda: StreamTicket("t", 30)})],
)
def test_neither_token_nor_ticket_is_sent_where_others_could_read_it(query: str, options: dict[str, Any]) -> None:
    @served
    async def scenario(stub: StubStream) -> None:
        stub.tokens, stub.tickets = {"t0k3n"}, {"t"}
        with pytest.raises(InsecureAddress) as refused:
            async with stream_to(stub, url=not_loopback(stub.url) + query, **options):
                pass
        assert not stub.handshakes
        assert str(refused.value).startswith(f"{not_loopback(stub.url)} is not wss")
        assert "Use wss://" in refused.value.next_step

    scenario()


@served
async def test_without_either_any_address_will_do(stub: StubStream) -> None:
    stub.tokens = {""}
    async with stream_to(stub, url=not_loopback(stub.url)):
        pass
    assert stub.handshakes == [("", {})]


def not_loopback(url: str) -> str:
    """Return an address of this machine that is no loopback address, though it leads there."""
    return url.replace("localhost", "0.0.0.0")


@served
async def test_each_connection_has_a_ticket_of_its_own(stub: StubStream) -> None:
    order_id = stub.gateway.place()
    async with stream_to(stub, tickets=tickets_of(stub), token="unused") as stream:
        await stream.subscribe(order_id)
        stub.gateway.connections[0].cut()
        stub.gateway.live(order_id)
        await stream.wait_until_terminal(order_id)
    assert stub.handshakes == [("", {"ticket": "ticket-0"}), ("", {"ticket": "ticket-1"})]


@served
async def test_a_ticket_that_came_too_late_is_replaced_once(stub: StubStream) -> None:
    with pytest.raises(NotAllowed):
        async with stream_to(stub, tickets=lambda: StreamTicket("too late", 30)):
            pass
    assert len(stub.handshakes) == 2


@served
async def test_when_the_token_expires_it_goes_on_with_another_and_each_event_comes_once(stub: StubStream) -> None:
    credentials = Renewable(["old", "new"])
    stub.tokens = {"old"}
    order_id = stub.gateway.place()
    async with stream_to(stub, token=credentials) as stream, collecting(stream) as heard:
        await stream.subscribe(order_id)
        stub.gateway.step(order_id, "routing")
        await until(lambda: len(heard[order_id]) == 2)
        stub.tokens = {"new"}
        stub.expire(stub.gateway.connections[0])
        await until(lambda: not stub.gateway.sockets)
        stub.gateway.step(order_id, "building")  # nobody is there to hear it
        stub.gateway.live(order_id)
        await stream.wait_until_terminal(order_id)
        await until(lambda: len(heard[order_id]) == len(LIFE))
        assert heard[order_id] == list(enumerate(LIFE, 1))
        assert stub.gateway.connections[1].said[0]["afterSeq"] == 2
    assert credentials.refused == ["old"]
    assert [bearer for bearer, _ in stub.handshakes] == ["old", "new"]


@served
async def test_when_the_token_expires_it_goes_on_with_another_ticket(stub: StubStream) -> None:
    order_id = stub.gateway.place()
    async with stream_to(stub, tickets=tickets_of(stub)) as stream, collecting(stream) as heard:
        await stream.subscribe(order_id)
        stub.expire(stub.gateway.connections[0])
        await until(lambda: stream.connections == 2)
        stub.gateway.live(order_id)
        await until(lambda: len(heard[order_id]) == len(LIFE))
        assert heard[order_id] == list(enumerate(LIFE, 1))
    assert [query for _, query in stub.handshakes] == [{"ticket": "ticket-0"}, {"ticket": "ticket-1"}]


@served
async def test_it_leaves_a_connection_whose_token_has_expired_though_nobody_closes_it(stub: StubStream) -> None:
    stub.tokens = {"old", "new"}
    async with stream_to(stub, token=Renewable(["old", "new"])) as stream:
        stub.gateway.carry(stub.gateway.connections[0], EXPIRED)
        await until(lambda: stream.connections == 2)
    assert [bearer for bearer, _ in stub.handshakes] == ["old", "new"]


@served
async def test_a_token_that_has_expired_and_can_not_be_renewed_ends_the_stream(stub: StubStream) -> None:
    stub.tokens = {"only"}
    order_id = stub.gateway.place()
    async with stream_to(stub, token="only") as stream:
        waiting = asyncio.create_task(stream.wait_until_terminal(order_id))
        await until(lambda: bool(stub.gateway.connections[0].said))
        stub.expire(stub.gateway.connections[0])
        with pytest.raises(Unauthenticated) as ended:
            await waiting
    assert ended.value.code == "token_expired"
    assert len(stub.handshakes) == 1


@pytest.mark.parametrize(
    ("status", "kind"), [(HTTPStatus.UNAUTHORIZED, Unauthenticated), (HTTPStatus.FORBIDDEN, NotAllowed)]
)
def test_a_refused_handshake_is_tried_once_more_with_another_token(status: HTTPStatus, kind: type[ApiError]) -> None:
    @served
    async def refused_once(stub: StubStream) -> None:
        stub.tokens, stub.refusal = {"new"}, status
        async with stream_to(stub, token=Renewable(["old", "new"])):
            pass
        assert [bearer for bearer, _ in stub.handshakes] == ["old", "new"]

    @served
    async def refused_for_ever(stub: StubStream) -> None:
        stub.refusal = status
        with pytest.raises(kind) as refused:
            async with stream_to(stub, token=Renewable(["a", "b", "c"])):
                pass
        assert refused.value.code == "stream_refused"
        assert "orders login" in refused.value.next_step
        assert [bearer for bearer, _ in stub.handshakes] == ["a", "b"]

    refused_once()
    refused_for_ever()


@served
async def test_a_refusal_while_reconnecting_ends_the_stream_too(stub: StubStream) -> None:
    stub.tokens = {"a"}
    async with stream_to(stub, token=Renewable(["a", "b", "c"])) as stream:
        stub.tokens = set()
        stub.gateway.connections[0].cut()
        with pytest.raises(NotAllowed):
            async for _ in stream:
                pass
    assert [bearer for bearer, _ in stub.handshakes] == ["a", "a", "b"]


@served
async def test_an_authority_that_is_away_for_a_while_does_not_end_the_stream(stub: StubStream) -> None:
    class Away(Renewable):
        absences = 2

        def renew(self, refused: str | None) -> None:
            self.absences -= 1
            if self.absences >= 0:
                raise Unavailable("Nobody is there.")
            super().renew(refused)

    stub.tokens = {"old", "new"}
    async with stream_to(stub, token=Away(["old", "new"])) as stream:
        stub.expire(stub.gateway.connections[0])
        await until(lambda: stream.connections == 2)
    assert [bearer for bearer, _ in stub.handshakes] == ["old", "new"]


@served
async def test_a_token_that_always_has_expired_is_not_tried_without_pause(stub: StubStream) -> None:
    """An engine whose clock is wrong lets in and sends away at once: the waits grow as with any other failure."""
    waits: list[float] = []

    class Recorded(Backoff):
        def delay(self, failures: int) -> float:
            waits.append(failures)
            return 0.001

    stub.tokens = {str(number) for number in range(10)}
    credentials = Renewable(sorted(stub.tokens))
    async with stream_to(stub, token=credentials, timing=replace(QUICK, backoff=Recorded())) as stream:
        for number in range(3):
            await until(lambda expected=number: len(stub.gateway.connections) > expected)  # type: ignore[misc]
            stub.expire(stub.gateway.connections[number])
            await until(lambda expected=number: stream.connections == expected + 2)  # type: ignore[misc]
    assert waits == [1, 2, 3]


@served
async def test_a_token_does_not_follow_a_redirect(stub: StubStream) -> None:
    async with stub_stream(StubStream()) as other:
        stub.refusal = HTTPStatus.FOUND
        stub.location = other.url
        with pytest.raises(OrdersError, match="302"):
            async with stream_to(stub, token="t0k3n"):
                pass
        assert not other.handshakes


@served
async def test_no_more_rights_to_a_channel_end_the_stream(stub: StubStream) -> None:
    stub.tokens = {"valid"}
    async with stream_to(stub, token="valid") as stream:
        await stream.subscribe_channel("all")
        forbid(stub.gateway, "channel", "all")
        stub.gateway.connections[0].cut()
        with pytest.raises(NotAllowed, match="No longer"):
            async for _ in stream:
                pass


@served
async def test_no_more_rights_to_an_order_end_the_waiting_for_it_alone(stub: StubStream) -> None:
    stub.tokens = {"valid"}
    order_id = stub.gateway.place()
    async with stream_to(stub, token="valid") as stream:
        waiting = asyncio.create_task(stream.wait_until_terminal(order_id))
        await until(lambda: f"orderId={order_id}" in stub.gateway.connections[0].targets)
        await asyncio.sleep(0)
        forbid(stub.gateway, "orderId", order_id)
        stub.gateway.connections[0].cut()
        with pytest.raises(NotAllowed, match="No longer"):
            await waiting
        assert (await stream.get_order(order_id)).id == order_id  # the stream goes on


def forbid(gateway: FakeGateway, name: str, value: str) -> None:
    """Have subscriptions refused from now on, by push_updates, which knows of no request id."""

    def refuse(socket: FakeSocket, frame: Frame) -> list[Frame]:
        told = {"type": "error", "code": "insufficient_scope", "message": "No longer."}
        gateway.carry(socket, {**told, name: value})
        return []

    gateway._subscribe = refuse  # type: ignore[method-assign]


def test_nothing_that_is_logged_or_raised_has_a_token_or_ticket_in_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for logger in ("websockets", "websockets.client", "orders_client"):
        caplog.set_level(logging.DEBUG, logger)
    errors: list[BaseException] = []

    @served
    async def scenario(stub: StubStream) -> None:
        stub.tokens, stub.tickets = {"t0k3n"}, {"t1ck3t"}
        good: list[dict[str, str]] = [{"token": "t0k3n"}, {"url": f"{stub.url}?ticket=t1ck3t"}]
        for options in good:
            async with stream_to(stub, **options) as stream:
                assert "t0k3n" not in repr(stream)
                stub.gateway.carry(
                    stub.gateway.connections[-1], {"type": "new", "websocketUrl": "ws://x?ticket=t1ck3t"}
                )
                await stream.subscribe_channel("user")
        async with stream_to(stub, token="t0k3n") as stream:
            stub.gateway.connections[-1].cut()
            await until(lambda: stream.connections == 2)
        for options in (
            {"token": "t0k3n-refused"},
            {"url": f"{stub.url}?ticket=t1ck3t"},
            {"url": "no address?ticket=t1ck3t"},
            {"url": "ws://localhost:1/?ticket=t1ck3t"},
            {"url": "ws://localhost:1/", "token": "t0k3n"},
        ):
            with pytest.raises(OrdersError) as refused:
                async with stream_to(stub, **options):
                    pass
            errors.append(refused.value)

    scenario()
    assert len(errors) == 5
    logged = [record.getMessage() for record in caplog.records if record.name != "websockets.server"]
    assert any("disconnected" in line for line in logged)
    seen = "".join(logged) + "".join(told for error in errors for told in everything_told_by(error))
    assert "t0k3n" not in seen
    assert "t1ck3t" not in seen


def everything_told_by(error: BaseException) -> list[str]:
    """Return the texts of an error and of those before it."""
    told = [str(error), repr(error), str(getattr(error, "next_step", ""))]
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return told + (everything_told_by(before) if before else [])
