"""Every way to open a WebSocket, and every action and channel, tried with every kind of wrong identity."""

from __future__ import annotations

import time
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from local.cloud import LocalCloud
from order_engine.adapters.dynamodb.subscriptions import DynamoDBSubscriptions
from order_engine.adapters.process import SystemClock
from order_engine.application.identity import ANYONE, Scope
from order_engine.application.ports import Subscription
from order_engine.application.targets import ALL
from order_engine.contracts.socket_requests import ACTIONS
from tests.support import tokens
from tests.support.attacks import ALL_SCOPES, KINDS, LONG_AGO, UNKNOWN_ORDER, Person, Strangers
from tests.support.cloud import ORDER, Message, eventually, messages_until
from tests.support.sockets import ask, rows_by_connection, say, subscribe
from tests.support.stored import scan, stopped, stored_order

pytestmark = pytest.mark.signed_in

REFUSED = (401, 403)
READ_AND_WRITE = f"{Scope.READ} {Scope.WRITE}"


@pytest.fixture(scope="module")
def order_id(cloud: LocalCloud, alice: Person) -> Iterator[str]:
    """Give the victim's order, which waits so that it could be cancelled. In the end it must be as it was."""
    with stopped(cloud, "ProcessOrdersFunctionName"):
        order_id = place(cloud, alice)["orderId"]
        before = stored_order(cloud, order_id)
        yield order_id
        assert stored_order(cloud, order_id) == before


def place(cloud: LocalCloud, who: Person) -> Message:
    answer: Message = httpx.post(
        f"{cloud.settings.url}/api/orders", json=ORDER, headers=who.headers(), timeout=30
    ).json()
    return answer


def ticket(cloud: LocalCloud, who: Person) -> str:
    answer = httpx.post(f"{cloud.settings.url}/api/stream-tickets", headers=who.headers(), timeout=30)
    ticket: str = answer.raise_for_status().json()["ticket"]
    return ticket


def refusal(cloud: LocalCloud, query: str = "", headers: dict[str, str] | None = None) -> int:
    """Try to connect, and return with which status that was refused; no row may tell of it."""
    rows = set(rows_by_connection(cloud))
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{cloud.settings.websocket_url}?{query}", additional_headers=headers).close()
    assert set(rows_by_connection(cloud)) <= rows
    return refused.value.response.status_code


def opened(cloud: LocalCloud, token: str, query: str = "") -> ClientConnection:
    """Connect with a token."""
    return connect(f"{cloud.settings.websocket_url}?{query}", additional_headers=tokens.bearer(token))


class TestConnecting:
    @pytest.mark.parametrize("query", ["", "channel=user", "channel=all"])
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_wrong_token_opens_nothing(self, cloud: LocalCloud, alice: Person, kind: str, query: str) -> None:
        assert refusal(cloud, query, Strangers(cloud, alice.user_id).header(kind)) in REFUSED

    @pytest.mark.parametrize("made_up", ["", "x", "A" * 43, "%00", "..%2F", "'%20or%20''='", "é", "A" * 5000])
    def test_a_made_up_ticket_opens_nothing(self, cloud: LocalCloud, made_up: str) -> None:
        assert refusal(cloud, f"ticket={made_up}") in (*REFUSED, 400)

    def test_a_ticket_opens_one_connection(self, cloud: LocalCloud, bob: Person) -> None:
        with connect(f"{cloud.settings.websocket_url}?ticket={(used := ticket(cloud, bob))}") as connection:
            assert ask(connection, "ping")["type"] == "pong"
        assert refusal(cloud, f"ticket={used}") in REFUSED

    def test_a_tampered_ticket_opens_nothing_and_the_real_one_still_does(self, cloud: LocalCloud, bob: Person) -> None:
        real = ticket(cloud, bob)
        for tampered in (real[:-1] + ("A" if real[-1] != "A" else "B"), real.swapcase(), real + "A", real[:-1]):
            assert refusal(cloud, f"ticket={tampered}") in REFUSED
        with connect(f"{cloud.settings.websocket_url}?ticket={real}") as connection:
            assert ask(connection, "ping")["type"] == "pong"

    def test_an_expired_ticket_opens_nothing(self, cloud: LocalCloud, bob: Person) -> None:
        late = ticket(cloud, bob)
        cloud.session.client("dynamodb").update_item(
            TableName=cloud.outputs["TicketsTableName"],
            Key={"ticketHash": {"S": sha256(late.encode()).hexdigest()}},
            UpdateExpression="SET expiresAt = :now",
            ExpressionAttributeValues={":now": {"N": str(int(time.time()))}},
        )
        assert refusal(cloud, f"ticket={late}") in REFUSED

    def test_the_table_of_tickets_holds_none(self, cloud: LocalCloud, bob: Person) -> None:
        issued = ticket(cloud, bob)
        assert issued not in str(scan(cloud, "TicketsTableName"))
        assert sha256(issued.encode()).hexdigest() in str(scan(cloud, "TicketsTableName"))

    def test_a_ticket_and_a_token_at_once_are_refused(self, cloud: LocalCloud, alice: Person, bob: Person) -> None:
        assert refusal(cloud, f"ticket={ticket(cloud, bob)}", alice.headers()) in REFUSED

    def test_a_token_in_the_address_opens_nothing(self, cloud: LocalCloud, bob: Person) -> None:
        for name in ("token", "access_token", "Authorization", "ticket"):
            assert refusal(cloud, f"{name}={bob.token}") in (*REFUSED, 400)


SCOPE_OF: dict[str, tuple[str, ...]] = {
    "subscribe": (Scope.READ,),
    "unsubscribe": (Scope.READ,),
    "get_order": (Scope.READ,),
    "cancel_order": (Scope.WRITE,),
    "execute_order": (Scope.READ, Scope.WRITE),
    "ping": (),
}
"""The scopes that each action needs, all of them."""


def frame_of(action: str, order_id: str) -> dict[str, Any]:
    """Return the fields of a good frame."""
    return {"ping": {}, "execute_order": ORDER}.get(action, {"orderId": order_id})


def test_every_action_has_a_row() -> None:
    assert SCOPE_OF.keys() == ACTIONS.keys()


class TestActions:
    @pytest.mark.parametrize("scope", ["openid", Scope.READ, Scope.WRITE])
    @pytest.mark.parametrize("action", SCOPE_OF)
    def test_an_action_needs_its_scopes(
        self, cloud: LocalCloud, alice: Person, order_id: str, action: str, scope: str
    ) -> None:
        if set(SCOPE_OF[action]) <= {scope}:
            return
        orders = len(scan(cloud, "OrdersTableName"))
        with opened(cloud, tokens.mint(cloud, sub=alice.user_id, scope=scope)) as connection:
            answer = ask(connection, action, **frame_of(action, order_id))
        assert (answer["type"], answer["code"]) == ("error", "insufficient_scope")
        assert len(scan(cloud, "OrdersTableName")) == orders

    @pytest.mark.parametrize("action", ["subscribe", "get_order", "cancel_order"])
    def test_a_foreign_order_is_like_none(self, cloud: LocalCloud, bob: Person, order_id: str, action: str) -> None:
        with opened(cloud, bob.token) as connection:
            foreign, unknown = (ask(connection, action, orderId=asked) for asked in (order_id, UNKNOWN_ORDER))
        assert foreign["code"] == "order_not_found"
        for answer, asked in ((foreign, order_id), (unknown, UNKNOWN_ORDER)):
            del answer["requestId"]
            assert asked in str(answer)
        assert str(foreign).replace(order_id, "<id>") == str(unknown).replace(UNKNOWN_ORDER, "<id>")

    def test_nobody_places_orders_for_somebody_else(
        self, cloud: LocalCloud, alice: Person, bob: Person, order_id: str
    ) -> None:
        with opened(cloud, bob.token) as connection:
            answer = ask(connection, "execute_order", **ORDER, userId=alice.user_id)
        assert answer["code"] == "user_id_mismatch"

    def test_a_connection_with_a_foreign_order_is_told_that_there_is_none(
        self, cloud: LocalCloud, bob: Person, order_id: str
    ) -> None:
        with opened(cloud, bob.token, f"orderId={order_id}") as connection:
            (answer,) = messages_until(connection, lambda _: True)
        assert (answer["type"], answer["code"]) == ("error", "order_not_found")


class TestChannels:
    @pytest.mark.parametrize("channel", ["all", "user"])
    def test_a_trader_cannot_watch_others(self, cloud: LocalCloud, alice: Person, bob: Person, channel: str) -> None:
        target = {"channel": channel} | ({"userId": alice.user_id} if channel == "user" else {})
        query = "&".join(f"{name}={value}" for name, value in target.items())
        assert refusal(cloud, query, bob.headers()) == httpx.codes.FORBIDDEN
        assert refusal(cloud, f"{query}&ticket={ticket(cloud, bob)}") == httpx.codes.FORBIDDEN
        with opened(cloud, bob.token) as connection:
            (answer,) = subscribe(connection, **target)
        assert answer["code"] == ("insufficient_scope" if channel == "all" else "user_id_mismatch")

    def test_each_hears_of_his_own_and_administrators_of_everybody(
        self, cloud: LocalCloud, alice: Person, bob: Person, olga: Person
    ) -> None:
        with (
            opened(cloud, alice.token, "channel=user") as alices,
            opened(cloud, bob.token, "channel=user") as bobs,
            opened(cloud, olga.token, "channel=all") as olgas,
        ):
            for connection in (alices, bobs, olgas):
                messages_until(connection, lambda message: message["type"] == "subscribed")
            placed = [place(cloud, who)["orderId"] for who in (alice, bob)]
            assert heard_of(olgas, set(placed)) == set(placed)
            for connection, own, foreign in ((alices, *placed), (bobs, *reversed(placed))):
                assert heard_of(connection, {own}) == {own}
                say(connection, "ping")
                assert foreign not in str(messages_until(connection, lambda message: message["type"] == "pong"))


def heard_of(connection: ClientConnection, wanted: set[str]) -> set[str]:
    """Read until these orders were heard of; return every order that was."""
    heard: set[str] = set()

    def all_heard(message: Message) -> bool:
        heard.add(message["orderId"])
        return wanted <= heard

    messages_until(connection, all_heard)
    return heard


class TestExpiry:
    """A connection lives no longer than the token that opened it."""

    @pytest.fixture
    def short(self, cloud: LocalCloud, alice: Person) -> tuple[str, float]:
        """Give a token that soon expires, and when."""
        expires_at = int(time.time()) + 4
        return tokens.mint(cloud, sub=alice.user_id, scope=ALL_SCOPES, exp=expires_at), expires_at

    def test_a_frame_after_the_end_is_refused_and_the_connection_closed(
        self, cloud: LocalCloud, short: tuple[str, float]
    ) -> None:
        token, expires_at = short
        with opened(cloud, token) as connection:
            assert ask(connection, "ping")["type"] == "pong"
            eventually(lambda: time.time() > expires_at)
            orders = len(scan(cloud, "OrdersTableName"))
            refused = ask(connection, "execute_order", **ORDER)
            assert (refused["type"], refused["code"]) == ("error", "token_expired")
            with pytest.raises(ConnectionClosed):
                connection.recv(timeout=10)
        assert len(scan(cloud, "OrdersTableName")) == orders

    @pytest.mark.parametrize("query", ["channel=user", "channel=all"])
    def test_nothing_is_pushed_after_the_end(
        self, cloud: LocalCloud, alice: Person, short: tuple[str, float], query: str
    ) -> None:
        token, expires_at = short
        with opened(cloud, token, query) as connection:
            messages_until(connection, lambda message: message["type"] == "subscribed")
            eventually(lambda: time.time() > expires_at)
            late = place(cloud, alice)["orderId"]
            told = messages_until(connection, lambda message: message["type"] == "error")
            assert told[-1]["code"] == "token_expired"
            assert late not in str(told)  # what was pushed before the end may still be there to be read
            with pytest.raises(ConnectionClosed):
                connection.recv(timeout=10)

    def test_a_subscription_from_before_authentication_receives_nothing(
        self, cloud: LocalCloud, alice: Person, bob: Person
    ) -> None:
        """Such a row names no user: to a deployment without authentication, that was everybody."""
        before = rows_by_connection(cloud).keys()
        with opened(cloud, bob.token, "channel=user") as connection:
            messages_until(connection, lambda message: message["type"] == "subscribed")
            (connection_id,) = rows_by_connection(cloud).keys() - before
            table = cloud.session.client("dynamodb"), cloud.outputs["ConnectionsTableName"]
            DynamoDBSubscriptions(*table, SystemClock()).add(Subscription(ALL, connection_id, caller=ANYONE))
            place(cloud, alice)
            told = messages_until(connection, lambda message: message["type"] == "error")
            assert (told[-1]["code"], len(told)) == ("unauthenticated", 1)
            with pytest.raises(ConnectionClosed):
                connection.recv(timeout=10)


def test_a_ticket_carries_its_tokens_end(cloud: LocalCloud, alice: Person) -> None:
    token = tokens.mint(cloud, sub=alice.user_id, scope=READ_AND_WRITE, exp=LONG_AGO)
    answer = httpx.post(f"{cloud.settings.url}/api/stream-tickets", headers=tokens.bearer(token), timeout=30)
    assert answer.status_code == httpx.codes.UNAUTHORIZED
    expires_at = int(time.time()) + 4
    short = tokens.mint(cloud, sub=alice.user_id, scope=READ_AND_WRITE, exp=expires_at)
    with connect(
        f"{cloud.settings.websocket_url}?ticket={ticket(cloud, Person('alice', short, alice.user_id))}"
    ) as one:
        eventually(lambda: time.time() > expires_at)
        assert ask(one, "ping")["code"] == "token_expired"
