"""A session on a WebSocket in memory: each frame is as described, and each kind and code that is described is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NoReturn

import pytest

from order_engine.application.errors import DependencyUnavailable
from order_engine.application.identity import ANYONE, AuthMode, Caller
from order_engine.application.socket_session import Connection
from order_engine.contracts.json_body import MAX_BODY_BYTES
from order_engine.contracts.socket_requests import FrameContext, read_frame
from order_engine.fakes.clients import InMemorySubscriptions
from order_engine.fakes.process import ManualClock
from order_engine.fakes.rate_limiter import InMemoryRateLimiter
from tests.support.callers import ALICE, OLGA, trader, user
from tests.support.documents import assert_message, asyncapi
from tests.support.engine import InMemoryEngine, InMemoryPorts, Settings

CONNECTION = Connection("connection", OLGA)
SOL_TO_USDC = {"action": "execute_order", "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1.5"}
TO_ALL = {"action": "subscribe", "channel": "all"}
TO_USER = {"action": "subscribe", "channel": "user"}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
UNKNOWN_ORDER = "01a1fc59-121a-7ddb-8732-cd9cdb1aed2f"


class Session:
    """A connection to an engine in memory.

    Args:
        ports: other ports than usual, by name.
    """

    def __init__(self, **ports: Any) -> None:
        made = InMemoryPorts()
        for name, port in ports.items():
            setattr(made, name, port)
        self.engine = InMemoryEngine(ports=made)
        self.engine.connections.connect(CONNECTION, None)

    @property
    def frames(self) -> list[Any]:
        """Return what the client has received."""
        return self.engine.clients.inboxes[CONNECTION.id]

    def send(self, frame: dict[str, Any] | str, connection: Connection = CONNECTION) -> None:
        """Send a frame, and have the stream's records pushed."""
        body = frame if isinstance(frame, str) else json.dumps(frame)
        request = read_frame(body, FrameContext(connection.caller, "request-1", "0.01"))
        self.engine.sessions.handle(connection, request)
        self.engine.pusher.push([], self.engine.subscriptions.stream)
        self.engine.subscriptions.stream.clear()

    def place(self, **more: Any) -> str:
        """Place an order and return its id."""
        self.send(SOL_TO_USDC | more)
        order_id: str = next(frame["orderId"] for frame in reversed(self.frames) if frame["type"] == "accepted")
        return order_id

    def execute(self) -> None:
        """Execute all orders, and have their events pushed."""
        self.engine.work()
        self.engine.pusher.push(list(self.engine.orders.orders.values()), [])


def described(name: str) -> set[str]:
    """Return the values that a property of the server's messages may have."""
    document = asyncapi()["components"]
    references = [message["payload"].get("$ref", "") for message in document["messages"].values()]
    kinds = [document["schemas"][reference.rpartition("/")[2]] for reference in references if reference]
    properties = [kind["properties"].get(name, {}) for kind in kinds]
    return {value for found in properties for value in (*found.get("enum", ()), found.get("const")) if value}


def test_every_kind_of_frame_is_sent_as_described() -> None:
    session = Session()
    order_id = session.place(requestId="1", clientOrderId="a")
    session.execute()
    session.place(clientOrderId="a")
    session.send(TO_ALL)
    session.send(TO_USER)
    for action, target in (
        ("subscribe", {"orderId": order_id, "afterSeq": 3, "requestId": "2"}),
        ("subscribe", {"orderId": UNKNOWN_ORDER}),
        ("unsubscribe", {"channel": "all"}),
        ("unsubscribe", {"orderId": order_id}),
        ("get_order", {"orderId": order_id}),
        ("cancel_order", {"orderId": order_id}),
        ("ping", {"requestId": "3"}),
    ):
        session.send({"action": action, **target})
    for frame in session.frames:
        assert_message(frame)
    assert {frame["type"] for frame in session.frames} == described("type")


class Broken:
    """A port whose calls fail."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, name: str) -> Any:
        def fail(*_arguments: Any, **_named: Any) -> NoReturn:
            raise self.error

        return fail


def after(*frames: dict[str, Any] | str, **ports: Any) -> Callable[[], Session]:
    """Return what makes a session with these ports, in which the frames were sent."""

    def send() -> Session:
        session = Session(**ports)
        for frame in frames:
            session.send(frame)
        return session

    return send


def too_late() -> Session:
    session = Session()
    order_id = session.place()
    session.execute()
    session.send({"action": "cancel_order", "orderId": order_id})
    return session


def disconnected() -> Session:
    session = Session()
    session.engine.connections.disconnect(CONNECTION.id)
    session.send(TO_ALL)
    return session


def sent_by(caller: Caller, frame: dict[str, Any]) -> Callable[[], Session]:
    """Return what makes a session in which somebody else sends a frame over the connection."""

    def send() -> Session:
        session = Session()
        session.send(frame, Connection(CONNECTION.id, caller))
        return session

    return send


def unauthenticated() -> Session:
    session = Session()
    session.engine.settings = Settings(auth_mode=AuthMode.COGNITO)
    session.send(TO_USER, Connection(CONNECTION.id, ANYONE))
    return session


CAUSES: dict[str, Callable[[], Session]] = {
    "invalid_json": after("{"),
    "duplicate_key": after('{"action": "ping", "action": "ping"}'),
    "not_an_object": after("[]"),
    "unknown_action": after({"action": "shout"}),
    "unauthenticated": unauthenticated,
    "token_expired": sent_by(trader("alice", expires_at=LONG_AGO), TO_USER),
    "insufficient_scope": sent_by(user("alice"), TO_USER),
    "user_id_mismatch": sent_by(ALICE, TO_USER | {"userId": "bob"}),
    "order_not_found": after({"action": "get_order", "orderId": UNKNOWN_ORDER}),
    "idempotency_conflict": after(
        SOL_TO_USDC | {"clientOrderId": "a"}, SOL_TO_USDC | {"clientOrderId": "a", "amountIn": "2"}
    ),
    "too_late_to_cancel": too_late,
    "not_connected": disconnected,
    "body_too_large": after(" " * (MAX_BODY_BYTES + 1)),
    "validation_failed": after({"action": "ping", "more": 1}),
    "rate_limited": after(SOL_TO_USDC, SOL_TO_USDC, rate_limiter=InMemoryRateLimiter(ManualClock(), 1)),
    "too_many_subscriptions": after(TO_ALL, TO_USER, subscriptions=InMemorySubscriptions(limit=1)),
    "internal_error": after(SOL_TO_USDC, queue=Broken(RuntimeError("a fault"))),
    "service_unavailable": after(SOL_TO_USDC, rate_limiter=Broken(DependencyUnavailable("DynamoDB"))),
}
"""What makes the engine send an error of each code."""


@pytest.mark.parametrize("code", CAUSES)
def test_an_error_is_sent_as_described(code: str) -> None:
    sent = CAUSES[code]().frames
    for frame in sent:
        assert_message(frame)
    assert [frame["code"] for frame in sent if frame["type"] == "error"] == [code]


def test_every_code_that_is_described_is_sent() -> None:
    assert described("code") == CAUSES.keys()
