"""The stream against a gateway that sends twice, late, out of order, and hangs up whenever it likes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders_client import Conflict, NotAllowed, NotFound, OrderStream, Status, StreamClosed, Unavailable
from orders_client.errors import Problem
from orders_client.wire import order_from
from tests.unit.client.fake_gateway import (
    LIFE,
    QUICK,
    RETRIED,
    UNREACHABLE,
    WARY,
    FakeGateway,
    Frame,
    event,
    order_view,
    unruly,
)

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def awaited(scenario: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run a test in a loop of its own, and not for ever."""

    def test() -> None:
        asyncio.run(asyncio.wait_for(scenario(), 20))

    test.__name__ = scenario.__name__
    return test


def stream_to(gateway: FakeGateway, **options: Any) -> OrderStream:
    return OrderStream(**{"connect": gateway.connect, "timing": QUICK, **options})


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


def seqs(stream: OrderStream, order_id: str) -> list[int]:
    return [event.seq for event in stream.feed(order_id).events]


@asynccontextmanager
async def collecting(stream: OrderStream) -> AsyncIterator[dict[str, list[tuple[int, str]]]]:
    """Yield what iterating the stream delivers, by order."""
    heard: dict[str, list[tuple[int, str]]] = defaultdict(list)

    async def collect() -> None:
        async for update in stream:
            heard[update.order_id].append((update.event.seq, update.event.status.value))

    task = asyncio.create_task(collect())
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@awaited
async def test_an_order_over_the_socket_from_acceptance_to_its_end() -> None:
    gateway = FakeGateway()
    async with stream_to(gateway) as stream:
        accepted = await stream.place_order("SOL", "USDC", "1.5", slippage="0.01")
        waiting = asyncio.create_task(stream.wait_until_terminal(accepted.order_id))
        gateway.live(accepted.order_id)
        feed = await waiting
        assert [event.status.value for event in feed.events] == list(LIFE)
        order = gateway.connections[0].said[0]
        assert (order["amountIn"], order["slippage"]) == ("1.5", "0.01")


@awaited
async def test_a_subscription_gets_what_happened_and_then_what_happens() -> None:
    gateway = FakeGateway()
    order_id = gateway.place()
    gateway.step(order_id, "routing")
    async with stream_to(gateway) as stream, collecting(stream) as heard:
        await stream.subscribe(order_id)
        gateway.live(order_id)
        await stream.wait_until_terminal(order_id)
        await until(lambda: len(heard[order_id]) == len(LIFE))
        assert heard[order_id] == list(enumerate(LIFE, 1))


@awaited
async def test_a_subscription_after_seq_gets_only_the_rest() -> None:
    gateway = FakeGateway()
    order_id = gateway.place()
    gateway.live(order_id)
    async with stream_to(gateway) as stream:
        await stream.subscribe(order_id, after_seq=3)
        await stream.wait_until_terminal(order_id)
        assert seqs(stream, order_id) == [4, 5]


@awaited
async def test_an_order_that_had_ended_before_is_known_to_have_ended() -> None:
    gateway = FakeGateway()
    order_id = gateway.place()
    gateway.live(order_id)
    async with stream_to(gateway) as stream:
        await stream.subscribe(order_id, after_seq=5)
        feed = await stream.wait_until_terminal(order_id)
        assert (feed.status, feed.events) == (Status.CONFIRMED, [])


@awaited
async def test_a_subscription_stands_with_its_snapshot_and_not_before() -> None:
    gateway = FakeGateway()
    order_id = gateway.place()
    gateway.deaf_to.add("subscribe")
    async with stream_to(gateway) as stream:
        subscribing = asyncio.create_task(stream.subscribe(order_id))
        await until(lambda: bool(gateway.connections[0].said))
        gateway.carry(
            gateway.connections[0], {"type": "subscribed", "orderId": order_id, "requestId": f"orderId={order_id}"}
        )
        gateway.deaf_to.clear()
        feed = await subscribing
        assert [event.seq for event in feed.events] == [1]
        assert [frame["action"] for frame in gateway.connections[0].said] == ["subscribe", "subscribe"]


@awaited
async def test_an_ended_order_is_unsubscribed_from() -> None:
    gateway = FakeGateway()
    async with stream_to(gateway) as stream:
        accepted = await stream.place_order("SOL", "USDC", 1)
        gateway.live(accepted.order_id)
        await stream.wait_until_terminal(accepted.order_id)
        await until(lambda: not gateway.connections[0].targets)


@awaited
async def test_a_channel_fills_up_orders_that_it_joins_in_the_middle() -> None:
    gateway = FakeGateway()
    order_id = gateway.place()
    gateway.step(order_id, "routing")
    async with stream_to(gateway) as stream, collecting(stream) as heard:
        await stream.subscribe_channel("all")
        gateway.step(order_id, "building")
        await until(lambda: len(heard[order_id]) == 3)
        gateway.live(order_id)
        await until(lambda: len(heard[order_id]) == 5)
        assert heard[order_id] == list(enumerate(LIFE, 1))
        assert [frame["action"] for frame in gateway.connections[0].said] == ["subscribe", "get_order"]


@awaited
async def test_after_a_cut_it_asks_only_for_what_it_does_not_know() -> None:
    gateway = FakeGateway()
    order_id = gateway.place()
    async with stream_to(gateway) as stream, collecting(stream) as heard:
        await stream.subscribe(order_id)
        gateway.step(order_id, "routing")
        await until(lambda: len(heard[order_id]) == 2)
        gateway.connections[0].cut()
        gateway.step(order_id, "building")  # nobody is there to hear it
        await until(lambda: len(heard[order_id]) == 3)
        assert gateway.connections[1].said[0]["afterSeq"] == 2
        assert stream.connections == 2


@awaited
async def test_after_a_cut_a_channel_catches_up_with_the_orders_it_knew() -> None:
    gateway = FakeGateway()
    async with stream_to(gateway) as stream, collecting(stream) as heard:
        await stream.subscribe_channel("all")
        order_id = gateway.place()
        await until(lambda: len(heard[order_id]) == 1)
        gateway.connections[0].cut()
        gateway.live(order_id)
        await until(lambda: len(heard[order_id]) == len(LIFE))
        assert heard[order_id] == list(enumerate(LIFE, 1))


@awaited
async def test_an_order_read_elsewhere_is_delivered_like_any_other_and_goes_on() -> None:
    gateway = FakeGateway()
    order_id = gateway.place()
    gateway.step(order_id, "routing")
    async with stream_to(gateway) as stream, collecting(stream) as heard:
        await stream.subscribe_channel("all")
        order = order_from(order_view(order_id, gateway.orders[order_id]))
        await stream.adopt(order)
        await stream.adopt(order)
        gateway.live(order_id)
        await until(lambda: len(heard[order_id]) == len(LIFE))
        assert heard[order_id] == list(enumerate(LIFE, 1))
        assert [frame["action"] for frame in gateway.connections[0].said] == ["subscribe"]


@awaited
async def test_a_gap_is_filled_by_subscribing_again_after_the_last_event() -> None:
    gateway = FakeGateway()
    order_id = gateway.place()
    lost = iter([True])
    prompt = gateway.carry

    def lose_building(socket: Any, frame: Frame) -> None:
        if not (frame.get("status") == "building" and next(lost, False)):
            prompt(socket, frame)

    gateway.carry = lose_building
    async with stream_to(gateway) as stream:
        await stream.subscribe(order_id)
        gateway.live(order_id)
        feed = await stream.wait_until_terminal(order_id)
        assert [event.status.value for event in feed.events] == list(LIFE)
        assert stream.connections == 1
        asked = [frame["afterSeq"] for frame in gateway.connections[0].said if frame["action"] == "subscribe"]
        assert asked == [0, 2]


@awaited
async def test_an_order_that_falls_silent_is_asked_about() -> None:
    gateway = FakeGateway()
    order_id = gateway.place()
    async with stream_to(gateway, timing=WARY) as stream:
        await stream.subscribe(order_id)
        gateway.orders[order_id] += [event(2, "cancelled")]  # and the frame that says so is lost
        feed = await stream.wait_until_terminal(order_id)
        assert feed.status is Status.CANCELLED
        assert stream.connections == 1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_every_order_is_heard_whole_whatever_the_connection_does(seed: int) -> None:
    async def scenario() -> None:
        random = Random(seed)
        gateway = FakeGateway(carry=unruly(random, cuts=0.05, loss=0.05))
        async with stream_to(gateway, timing=WARY) as stream, collecting(stream) as heard:
            watched = [gateway.place() for _ in range(4)]
            subscribing = [asyncio.create_task(stream.subscribe(order_id)) for order_id in watched]
            placing = [asyncio.create_task(stream.place_order("SOL", "USDC", n)) for n in range(1, 5)]
            await stream.subscribe_channel("all")
            placed = [accepted.order_id for accepted in await asyncio.gather(*placing)]
            lives = {order_id: random.choice((LIFE, RETRIED)) for order_id in watched + placed}
            while any(len(gateway.orders[order_id]) < len(life) for order_id, life in lives.items()):
                order_id = random.choice(list(lives))
                gateway.live(order_id, lives[order_id][: len(gateway.orders[order_id]) + 1])
                await asyncio.sleep(random.random() * 0.003)
            for order_id, life in lives.items():
                feed = await stream.wait_until_terminal(order_id)
                assert [event.status.value for event in feed.events] == list(life)
            await asyncio.gather(*subscribing)
            await until(lambda: sum(map(len, heard.values())) >= sum(map(len, lives.values())))
            assert heard == {order_id: list(enumerate(life, 1)) for order_id, life in lives.items()}
            assert len(gateway.by_client_id) == 4

    asyncio.run(asyncio.wait_for(scenario(), 20))


@awaited
async def test_an_order_is_placed_once_though_its_answer_is_lost() -> None:
    gateway = FakeGateway()
    prompt = gateway.carry

    def cut(socket: Any, frame: Frame) -> None:
        gateway.carry = prompt
        socket.cut()

    gateway.carry = cut
    async with stream_to(gateway, timing=replace(QUICK, resend_after=60)) as stream:
        accepted = await stream.place_order("SOL", "USDC", "1")
        assert accepted.replayed
        assert list(gateway.orders) == [accepted.order_id]
        gateway.live(accepted.order_id)
        assert (await stream.wait_until_terminal(accepted.order_id)).terminal


@awaited
async def test_every_reader_gets_everything_however_late_it_begins() -> None:
    gateway = FakeGateway()
    order_id = gateway.place()
    async with stream_to(gateway) as stream, collecting(stream) as early:
        await stream.subscribe(order_id)
        gateway.live(order_id, LIFE[:3])
        await until(lambda: len(early[order_id]) == 3)
        async with collecting(stream) as late:
            gateway.live(order_id)
            await until(lambda: len(late[order_id]) == len(early[order_id]) == len(LIFE))
            assert late == early


@awaited
async def test_an_unknown_order_is_refused_and_forgotten() -> None:
    gateway = FakeGateway()
    async with stream_to(gateway) as stream:
        with pytest.raises(NotFound) as refused:
            await stream.subscribe(UNKNOWN)
        assert refused.value.code == "order_not_found"
        assert refused.value.next_step
        with pytest.raises(KeyError):
            stream.feed(UNKNOWN)
        await stream.subscribe_channel("all")
        with pytest.raises(NotFound):
            await stream.wait_until_terminal(UNKNOWN)


@awaited
async def test_cancelling_and_reading_over_the_socket() -> None:
    gateway = FakeGateway()
    order_id = gateway.place()
    async with stream_to(gateway) as stream:
        assert (await stream.get_order(order_id)).status is Status.PENDING
        assert (await stream.cancel_order(order_id)).status is Status.CANCELLED
        late = gateway.place()
        gateway.live(late)
        with pytest.raises(Conflict, match="Too late"):
            await stream.cancel_order(late)


@awaited
async def test_a_silent_gateway_is_asked_again_and_then_reported() -> None:
    gateway = FakeGateway(deaf_to={"get_order"})
    async with stream_to(gateway, timing=replace(QUICK, request_timeout=0.1)) as stream:
        with pytest.raises(Unavailable) as silent:
            await stream.get_order(UNKNOWN)
        assert silent.value.next_step
        questions = [frame for frame in gateway.connections[0].said if frame["action"] == "get_order"]
        assert len(questions) > 2
        assert len({question["requestId"] for question in questions}) == 1


@awaited
async def test_a_connection_that_gives_no_sign_of_life_is_replaced() -> None:
    gateway = FakeGateway(deaf_to={"ping"})
    order_id = gateway.place()
    async with stream_to(gateway, timing=replace(QUICK, ping_interval=0.02, pong_timeout=0.02)) as stream:
        await stream.subscribe(order_id)
        await until(lambda: stream.connections == 2)
        assert gateway.connections[0].said[-1] == {"action": "ping"}
        assert gateway.connections[0].cut_off
        gateway.live(order_id)
        assert (await stream.wait_until_terminal(order_id)).terminal


@awaited
async def test_a_connection_that_answers_pings_is_kept() -> None:
    gateway = FakeGateway()
    async with stream_to(gateway, timing=replace(QUICK, ping_interval=0.01, pong_timeout=5)) as stream:
        await until(lambda: len(gateway.connections[0].said) >= 4)
        assert stream.connections == 1


@awaited
async def test_it_connects_again_though_the_gateway_is_away_for_a_while() -> None:
    gateway = FakeGateway()
    order_id = gateway.place()
    async with stream_to(gateway) as stream:
        await stream.subscribe(order_id)
        gateway.refusals = [UNREACHABLE] * 3
        gateway.connections[0].cut()
        gateway.live(order_id)
        assert (await stream.wait_until_terminal(order_id)).terminal
        assert not gateway.refusals


@awaited
async def test_it_gives_up_after_the_time_set_and_tells_everybody() -> None:
    gateway = FakeGateway()
    order_id = gateway.place()
    async with stream_to(gateway, timing=replace(QUICK, reconnect_timeout=0.05)) as stream:
        await stream.subscribe(order_id)
        waiting = asyncio.create_task(stream.wait_until_terminal(order_id))
        await asyncio.sleep(0)
        gateway.refusals = [UNREACHABLE] * 1_000
        gateway.connections[0].cut()
        with pytest.raises(Unavailable, match="Nobody is there"):
            await waiting
        with pytest.raises(Unavailable, match="Nobody is there"):
            async for _ in stream:
                pass
        with pytest.raises(Unavailable):
            await stream.get_order(order_id)


@awaited
async def test_a_refused_token_is_not_tried_again() -> None:
    gateway = FakeGateway()
    refused = NotAllowed(Problem(401, "stream_refused", "Who are you?"))
    gateway.refusals = [refused]
    with pytest.raises(NotAllowed):
        async with stream_to(gateway):
            pass
    async with stream_to(gateway) as stream:
        gateway.refusals = [refused, refused]
        gateway.connections[0].cut()
        with pytest.raises(NotAllowed):
            async for _ in stream:
                pass
        assert gateway.refusals == [refused]


@awaited
async def test_closing_ends_readers_and_waiters_and_the_connection() -> None:
    gateway = FakeGateway(deaf_to={"get_order"})
    order_id = gateway.place()
    stream = stream_to(gateway)
    with pytest.raises(StreamClosed):
        await stream.get_order(order_id)
    await stream.__aenter__()
    await stream.subscribe(order_id)
    waiting = asyncio.create_task(stream.wait_until_terminal(order_id))
    asking = asyncio.create_task(stream.get_order(order_id))
    await until(lambda: len(gateway.connections[0].said) == 2)
    await stream.aclose()
    for task in (waiting, asking):
        with pytest.raises(StreamClosed):
            await task
    assert [update.event.seq async for update in stream] == [1]
    assert gateway.connections[0].cut_off
    assert not stream.connected


@awaited
async def test_waiting_ends_with_the_time_given() -> None:
    gateway = FakeGateway()
    async with stream_to(gateway) as stream:
        with pytest.raises(TimeoutError):
            await stream.wait_until_terminal(gateway.place(), timeout=0.02)


@awaited
async def test_the_users_channel_and_orders_name_the_user() -> None:
    gateway = FakeGateway()
    async with stream_to(gateway, user_id="alice") as stream:
        await stream.subscribe_channel("user")
        await stream.place_order("SOL", "USDC", 1)
        await stream.unsubscribe_channel("user")
        said = gateway.connections[0].said
        assert [(frame["action"], frame.get("userId")) for frame in said] == [
            ("subscribe", "alice"),
            ("execute_order", "alice"),
            ("unsubscribe", "alice"),
        ]
