"""Updates go to whom they may go, as long as the token lasts; who is not known any more is told so, and closed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from order_engine.application.errors import ClientUnreachable
from order_engine.application.identity import ANYONE, AuthMode, Caller, Scope, User
from order_engine.application.messages import Message
from order_engine.application.ports import Subscription
from order_engine.application.targets import ALL, order_target, user_target
from order_engine.contracts.frames import JsonFrameCodec
from order_engine.domain.order import Order
from order_engine.fakes.process import ManualClock
from tests.support.callers import ALICE, BOB, MALLORY, OLGA, trader, user
from tests.support.clients import ConnectedClients
from tests.support.engine import InMemoryEngine, Settings
from tests.support.orders import CANCELLED, CONFIRMED, images, new_order

NOW = ManualClock().now()
ORDER = new_order(user_id="alice")
HISTORY = images(ORDER, *CONFIRMED)
BOBS = images(new_order(user_id="bob"), *CANCELLED)
TARGETS = [order_target(ORDER.id), user_target("alice"), ALL]
MODES = [AuthMode.COGNITO, AuthMode.JWT]
ENDED = trader("alice", expires_at=NOW)
ADMIN_ENDED = user("olga", *Scope, expires_at=NOW - timedelta(days=1))
KNOWN_BY_NAME = user("alice", expires_at=NOW - timedelta(days=1))
NOBODY: list[tuple[AuthMode, Caller, str]] = [
    *((mode, ENDED, "token_expired") for mode in AuthMode),
    *((mode, ADMIN_ENDED, "token_expired") for mode in MODES),
    *((mode, ANYONE, "unauthenticated") for mode in MODES),
]


def engine_with(mode: AuthMode = AuthMode.COGNITO) -> InMemoryEngine:
    engine = InMemoryEngine()
    engine.settings = Settings(auth_mode=mode)
    for order in (HISTORY[-1], BOBS[-1]):
        engine.orders.orders[order.id] = order
    return engine


def subscribe(engine: InMemoryEngine, connection: str, caller: Caller, *targets: str) -> None:
    """Write rows, whether or not anybody would let this caller write them."""
    engine.subscriptions.connect(connection, caller, None)
    for target in targets:
        engine.subscriptions.add(Subscription(target, connection, 0, caller))


def push(engine: InMemoryEngine, way: str) -> None:
    """Push all events, or a snapshot to everybody who subscribed so far."""
    if way == "events":
        engine.pusher.push([*HISTORY, *BOBS], [])
    else:
        engine.pusher.push([], engine.subscriptions.stream[:])


def told(engine: InMemoryEngine, connection: str) -> list[str]:
    """Return what a connection was told: the codes of errors, and the types of other frames."""
    return [frame.get("code", frame["type"]) for frame in engine.clients.inboxes[connection]]


def seen(engine: InMemoryEngine, connection: str) -> set[str]:
    """Return the orders of which a connection has seen an event."""
    frames = engine.clients.inboxes[connection]
    return {frame["orderId"] for frame in frames if frame["type"] in ("status_update", "snapshot")}


def rows_of(engine: InMemoryEngine, connection: str) -> set[str]:
    rows = {target for target, owner in engine.subscriptions.rows if owner == connection}
    return rows | ({"connection"} if connection in engine.subscriptions.connections else set())


WAYS = pytest.mark.parametrize("way", ["events", "snapshots"])


@WAYS
@pytest.mark.parametrize(("mode", "caller", "code"), NOBODY)
@pytest.mark.parametrize("targets", [TARGETS, *([target] for target in TARGETS)], ids=["three", "order", "user", "all"])
def test_who_is_not_known_any_more_is_told_so_once_and_closed_and_nothing_else(
    mode: AuthMode, caller: Caller, code: str, targets: list[str], way: str
) -> None:
    engine = engine_with(mode)
    subscribe(engine, "a", caller, *targets)
    push(engine, way)
    assert told(engine, "a") == [code]
    assert "orderId" not in engine.clients.inboxes["a"][0]
    assert "a" in engine.clients.gone
    assert rows_of(engine, "a") == set()
    push(engine, "events")
    assert told(engine, "a") == [code]


@WAYS
@pytest.mark.parametrize("bad", [ENDED, ADMIN_ENDED, ANYONE, KNOWN_BY_NAME, user("alice"), trader("x", NOW)])
def test_others_in_the_batch_do_not_notice(bad: Caller, way: str) -> None:
    engine = engine_with()
    for connection, caller in (("first", ALICE), ("bad", bad), ("last", OLGA)):
        subscribe(engine, connection, caller, order_target(ORDER.id))
    push(engine, way)
    alone = engine_with()
    for connection, caller in (("first", ALICE), ("last", OLGA)):
        subscribe(alone, connection, caller, order_target(ORDER.id))
    push(alone, way)
    for connection in ("first", "last"):
        assert engine.clients.inboxes[connection] == alone.clients.inboxes[connection] != []
        assert rows_of(engine, connection) == rows_of(alone, connection) == {"connection", order_target(ORDER.id)}
    assert not engine.clients.gone & {"first", "last"}
    assert seen(engine, "bad") == set()


@WAYS
def test_a_dismissal_that_can_not_be_delivered_closes_all_the_same(way: str) -> None:
    class Flaky(ConnectedClients):
        def post(self, connection_id: str, message: Message) -> None:
            raise ClientUnreachable(connection_id)

    engine = engine_with()
    engine.ports.clients = Flaky(JsonFrameCodec())
    subscribe(engine, "a", ENDED, *TARGETS)
    push(engine, way)
    assert "a" in engine.clients.gone
    assert rows_of(engine, "a") == set()


@pytest.mark.parametrize(("seconds", "last"), [(-0.001, "status_update"), (0, "token_expired")])
def test_updates_stop_at_the_very_moment_the_token_ends(seconds: float, last: str) -> None:
    engine = engine_with()
    ends_at = engine.clock.now() + timedelta(minutes=5)
    subscribe(engine, "a", trader("alice", expires_at=ends_at), user_target("alice"))
    engine.pusher.push_events(HISTORY[:1])
    engine.clock.time = ends_at + timedelta(seconds=seconds)
    engine.pusher.push_events(HISTORY[1:2])
    assert told(engine, "a") == ["status_update", last]


# --- Who may see what -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("caller", "orders"),
    [
        (ALICE, {ORDER.id}),
        (user("alice", Scope.READ), {ORDER.id}),
        (user("alice"), set()),
        (user("alice", Scope.WRITE), set()),
        (MALLORY, set()),
        (user("mallory"), set()),
        (OLGA, {ORDER.id}),
        (user("olga", Scope.ADMIN), {ORDER.id}),
    ],
)
def test_events_go_to_those_who_may_read_the_order_whatever_their_rows_say(
    caller: User, orders: set[str], target: str
) -> None:
    engine = engine_with()
    subscribe(engine, "a", caller, target)
    engine.pusher.push_events(HISTORY)
    assert seen(engine, "a") == orders
    assert set(told(engine, "a")) <= {"status_update"}


@pytest.mark.parametrize(
    ("caller", "mode", "orders"),
    [
        (OLGA, AuthMode.COGNITO, {ORDER.id, BOBS[0].id}),
        (user("olga", Scope.ADMIN), AuthMode.JWT, {ORDER.id, BOBS[0].id}),
        (ALICE, AuthMode.COGNITO, {ORDER.id}),
        (BOB, AuthMode.COGNITO, {BOBS[0].id}),
        (ANYONE, AuthMode.NONE, {ORDER.id, BOBS[0].id}),
    ],
)
def test_the_channel_of_all_orders_shows_all_of_them_to_administrators_only(
    caller: Caller, mode: AuthMode, orders: set[str]
) -> None:
    engine = engine_with(mode)
    subscribe(engine, "a", caller, ALL)
    push(engine, "events")
    assert seen(engine, "a") == orders


UNPERMITTED: list[tuple[Caller, str, str]] = [
    (user("alice"), order_target(ORDER.id), "insufficient_scope"),
    (user("alice", Scope.WRITE), order_target(ORDER.id), "insufficient_scope"),
    (user("alice"), user_target("alice"), "insufficient_scope"),
    (ALICE, ALL, "insufficient_scope"),
    (ALICE, user_target("bob"), "user_id_mismatch"),
    (MALLORY, order_target(ORDER.id), "order_not_found"),
]
"""Rows that nobody should have been let write."""


@pytest.mark.parametrize(("caller", "target", "code"), UNPERMITTED)
def test_a_subscription_that_is_not_permitted_is_refused_and_removed(caller: Caller, target: str, code: str) -> None:
    engine = engine_with()
    subscribe(engine, "a", caller, target)
    subscribe(engine, "b", ALICE, order_target(ORDER.id))
    push(engine, "snapshots")
    assert told(engine, "a") == [code]
    assert rows_of(engine, "a") == {"connection"}
    assert told(engine, "b") == ["subscribed", "snapshot"]


def test_one_that_is_permitted_on_the_same_connection_stays() -> None:
    engine = engine_with()
    subscribe(engine, "a", ALICE, ALL, user_target("bob"), order_target(BOBS[0].id), user_target("alice"))
    push(engine, "snapshots")
    assert told(engine, "a") == ["insufficient_scope", "user_id_mismatch", "order_not_found", "subscribed"]
    assert rows_of(engine, "a") == {"connection", user_target("alice")}


def order_seen_by(caller: Caller, image: Order) -> list[str]:
    engine = engine_with()
    subscribe(engine, "a", caller, order_target(image.id))
    push(engine, "snapshots")
    return told(engine, "a")


def test_an_administrator_gets_a_snapshot_of_anybodys_order() -> None:
    assert order_seen_by(OLGA, BOBS[0]) == order_seen_by(BOB, BOBS[0]) == ["subscribed", "snapshot"]
    assert order_seen_by(ALICE, BOBS[0]) == ["order_not_found"]
