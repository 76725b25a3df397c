"""Who may do what on a WebSocket: by scope, by whose order it is, and until the token ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import combinations

import pytest

from order_engine.application import socket_session
from order_engine.application.errors import (
    ClientGone,
    ForeignUserId,
    InsufficientScope,
    OrderNotFound,
    TokenExpired,
    Unauthenticated,
)
from order_engine.application.identity import ANYONE, AuthMode, Caller, Scope, User
from order_engine.application.messages import Message, OrderShown, Pong, Refused
from order_engine.application.place_order import PlaceOrder
from order_engine.application.ports import Subscription
from order_engine.application.socket_session import (
    CancelRequest,
    Connection,
    GetRequest,
    Handled,
    PingRequest,
    PlaceRequest,
    Request,
    SubscribeRequest,
    UnreadableFrame,
    UnsubscribeRequest,
)
from order_engine.application.targets import ALL, order_target, user_target
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from order_engine.fakes.process import ManualClock
from tests.support.callers import ALICE, BOB, MALLORY, OLGA, trader, user
from tests.support.engine import InMemoryEngine, Settings
from tests.support.orders import new_order, terms

NOW = ManualClock().now()
ORDER = new_order("0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b", "alice")
OTHER = "0198a1b2-7c3d-7e4f-8a5b-000000000000"
MODES = [AuthMode.COGNITO, AuthMode.JWT]
ENDED = trader("alice", expires_at=NOW)
NOBODY: list[tuple[AuthMode, Caller, type[Unauthenticated]]] = [
    *((mode, ANYONE, Unauthenticated) for mode in MODES),
    *((mode, ENDED, TokenExpired) for mode in AuthMode),
    *((mode, replace(OLGA, expires_at=NOW - timedelta(hours=1)), TokenExpired) for mode in MODES),
]


@dataclass
class Wire:
    """Clients that keep what is posted and closed, in order."""

    log: list[Message | str] = field(default_factory=list)
    gone: bool = False

    def post(self, connection_id: str, message: Message) -> None:
        if self.gone:
            raise ClientGone(connection_id)
        self.log.append(message)

    def close(self, connection_id: str) -> None:
        self.log.append(f"{connection_id} is closed")


class Session:
    """A connection to an engine in memory with an order of Alice's, whoever sends a frame."""

    def __init__(self, mode: AuthMode = AuthMode.COGNITO) -> None:
        self.engine = InMemoryEngine()
        self.engine.settings = Settings(auth_mode=mode)
        self.engine.orders.create(ORDER)
        self.engine.orders.stream.clear()
        self.engine.subscriptions.connect("a", ANYONE, None)
        self.wire = Wire()

    def handle(self, caller: Caller, request: Request) -> Handled:
        return replace(self.engine.sessions, clients=self.wire).handle(Connection("a", caller), request)

    def everything(self) -> object:
        """Return all that is stored, queued or subscribed to."""
        engine = self.engine
        return (dict(engine.orders.orders), len(engine.queue.messages), dict(engine.subscriptions.rows))


def place(caller: Caller, named: str | None = None) -> PlaceRequest:
    return PlaceRequest(PlaceOrder(caller, terms(), named_user=named), request_id="r-1")


Needs = Callable[[set[Scope]], bool]
READS: Needs = lambda scopes: bool(scopes & {Scope.READ, Scope.ADMIN})  # noqa: E731 - a table of them
ADMINISTERS: Needs = lambda scopes: Scope.ADMIN in scopes  # noqa: E731
WRITES: Needs = lambda scopes: Scope.WRITE in scopes  # noqa: E731

ACTIONS: dict[str, tuple[Callable[[Caller], Request], Needs]] = {
    "subscribe to an order": (lambda _: SubscribeRequest(order_target(ORDER.id)), READS),
    "subscribe to one's own": (lambda caller: SubscribeRequest(user_target(caller.user_id)), READS),
    "subscribe to all": (lambda _: SubscribeRequest(ALL), ADMINISTERS),
    "unsubscribe from an order": (lambda _: UnsubscribeRequest(order_target(ORDER.id)), READS),
    "unsubscribe from one's own": (lambda caller: UnsubscribeRequest(user_target(caller.user_id)), READS),
    "unsubscribe from all": (lambda _: UnsubscribeRequest(ALL), ADMINISTERS),
    "get an order": (lambda _: GetRequest(ORDER.id), READS),
    "cancel an order": (lambda _: CancelRequest(ORDER.id), WRITES),
    "place an order": (place, lambda scopes: READS(scopes) and WRITES(scopes)),
    "ping": (lambda _: PingRequest(), lambda _: True),
}
"""Every action of a frame, and with which scopes it is permitted."""


def test_every_kind_of_request_is_tried_here() -> None:
    kinds = {kind for kind in vars(socket_session).values() if isinstance(kind, type) and issubclass(kind, Request)}
    assert {type(make(ALICE)) for make, _ in ACTIONS.values()} == kinds - {Request, UnreadableFrame}


@pytest.mark.parametrize("scopes", [scopes for count in range(4) for scopes in combinations(Scope, count)], ids=str)
@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_takes_its_scopes_and_nothing_less(action: str, scopes: tuple[Scope, ...]) -> None:
    make, needs = ACTIONS[action]
    session, caller = Session(), user("alice", *scopes)
    before = session.everything()
    handled = session.handle(caller, make(caller))
    if needs(set(scopes)):
        assert handled == Handled()
        return
    assert isinstance(handled.failure, InsufficientScope)
    assert session.wire.log == [Refused(handled.failure, make(caller).request_id)]
    assert session.everything() == before


@pytest.mark.parametrize(("mode", "caller", "error"), NOBODY)
@pytest.mark.parametrize("action", [*ACTIONS, "anything else"])
def test_nobody_is_told_so_and_closed_and_nothing_is_done(
    action: str, mode: AuthMode, caller: Caller, error: type[Unauthenticated]
) -> None:
    make = ACTIONS[action][0] if action in ACTIONS else lambda _: UnreadableFrame(ValueError("no JSON"))
    session, request = Session(mode), replace(make(caller), request_id="r-1")
    before = session.everything()
    handled = session.handle(caller, request)
    assert type(handled.failure) is error
    assert session.wire.log == [Refused(handled.failure, "r-1"), "a is closed"]
    assert session.everything() == before


def test_nobody_is_closed_also_where_that_can_not_be_told() -> None:
    session = Session()
    session.wire.gone = True
    handled = session.handle(ENDED, PingRequest())
    assert isinstance(handled.undelivered, ClientGone)
    assert session.wire.log == ["a is closed"]


@pytest.mark.parametrize(("seconds", "open_"), [(-0.001, True), (0, False)])
def test_a_connection_is_good_until_the_very_moment_the_token_ends(seconds: float, open_: bool) -> None:
    session = Session()
    ends_at = session.engine.clock.now() + timedelta(minutes=5)
    caller = trader("alice", expires_at=ends_at)
    session.engine.clock.time = ends_at + timedelta(seconds=seconds)
    session.handle(caller, PingRequest())
    assert [type(message) for message in session.wire.log] == ([Pong] if open_ else [Refused, str])


def test_where_authentication_is_off_anyone_may_do_everything() -> None:
    for make, _ in ACTIONS.values():
        session = Session(AuthMode.NONE)
        assert session.handle(ANYONE, make(ANYONE)) == Handled()


def test_a_refusal_for_want_of_a_scope_closes_nothing() -> None:
    session = Session()
    session.handle(user("alice"), GetRequest(ORDER.id))
    assert session.handle(user("alice"), PingRequest()) == Handled()
    assert [type(message) for message in session.wire.log] == [Refused, Pong]


# --- Whose orders -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "request_"),
    [
        (BOB, GetRequest(ORDER.id)),
        (MALLORY, GetRequest(ORDER.id)),
        (BOB, CancelRequest(ORDER.id)),
        (OLGA, CancelRequest(ORDER.id)),
        (user("bob", Scope.WRITE), CancelRequest(ORDER.id)),
    ],
)
def test_somebody_elses_order_is_answered_like_an_unknown_one(
    caller: User, request_: GetRequest | CancelRequest
) -> None:
    session = Session()
    before = session.everything()
    told = []
    for order_id in (ORDER.id, OTHER):
        handled = session.handle(caller, replace(request_, order_id=order_id))
        assert isinstance(handled.failure, OrderNotFound)
        told.append(str(handled.failure).replace(order_id, "?"))
    assert told[0] == told[1]
    assert session.everything() == before


def test_an_administrator_is_shown_everybodys_orders() -> None:
    session = Session()
    for caller in (OLGA, user("olga", Scope.ADMIN)):
        session.handle(caller, GetRequest(ORDER.id))
    assert session.wire.log == [OrderShown(ORDER), OrderShown(ORDER)]


@pytest.mark.parametrize("caller", [ALICE, OLGA])
def test_nobody_places_orders_in_anothers_name(caller: User) -> None:
    session = Session()
    before = session.everything()
    handled = session.handle(caller, place(caller, "bob"))
    assert isinstance(handled.failure, ForeignUserId)
    assert session.wire.log == [Refused(handled.failure, "r-1")]
    assert session.everything() == before


@pytest.mark.parametrize("kind", [SubscribeRequest, UnsubscribeRequest])
@pytest.mark.parametrize(("caller", "permitted"), [(ALICE, False), (OLGA, True), (user("olga", Scope.ADMIN), True)])
def test_anothers_channel_is_for_administrators(caller: User, permitted: bool, kind: Callable[[str], Request]) -> None:
    session = Session()
    before = session.everything()
    handled = session.handle(caller, kind(user_target("bob")))
    if permitted:
        assert handled == Handled()
    else:
        assert isinstance(handled.failure, ForeignUserId)
        assert session.everything() == before


def test_a_placed_order_and_its_subscription_are_the_callers() -> None:
    session = Session()
    session.handle(BOB, place(BOB))
    order: Order = session.engine.orders.stream[-1]
    assert (order.user_id, order.status) == ("bob", Status.PENDING)
    assert [row.caller for row in session.engine.subscriptions.stream] == [BOB]


# --- The first subscription of a connection ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "target", "error"),
    [
        (ALICE, order_target(ORDER.id), None),
        (ALICE, user_target("alice"), None),
        (ALICE, user_target("bob"), ForeignUserId),
        (ALICE, ALL, InsufficientScope),
        (user("alice"), user_target("alice"), InsufficientScope),
        (user("alice", Scope.WRITE), order_target(ORDER.id), InsufficientScope),
        (OLGA, ALL, None),
        (OLGA, user_target("bob"), None),
        (ANYONE, ALL, None),
    ],
)
def test_a_connection_begins_with_what_its_caller_may_subscribe_to(
    caller: Caller, target: str, error: type[Exception] | None
) -> None:
    engine = InMemoryEngine()
    first = Subscription(target, "b", 0, caller)
    if error is None:
        engine.connections.connect(Connection("b", caller), first)
        assert [row.caller for row in engine.subscriptions.stream] == [caller]
        return
    with pytest.raises(error):
        engine.connections.connect(Connection("b", caller), first)
    assert (engine.subscriptions.connections, engine.subscriptions.stream) == ({}, [])


@pytest.mark.parametrize("caller", [ALICE, user("alice"), user("alice", Scope.WRITE), ANYONE])
def test_a_connection_that_asks_for_nothing_needs_no_scope(caller: Caller) -> None:
    engine = InMemoryEngine()
    engine.connections.connect(Connection("b", caller), None)
    assert engine.subscriptions.connections == {"b": set()}
