"""A WebSocket session: connections come and go, and no frame is left without an answer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from order_engine.application import socket_session
from order_engine.application.errors import (
    ClientGone,
    ClientUnreachable,
    DependencyUnavailable,
    IdempotencyConflict,
    NotConnected,
    OrderNotFound,
    TooLateToCancel,
    TooManySubscriptions,
)
from order_engine.application.identity import ANYONE, Caller
from order_engine.application.messages import (
    Message,
    OrderPlaced,
    OrderShown,
    Pong,
    Refused,
    Unsubscribed,
)
from order_engine.application.place_order import PlaceOrder
from order_engine.application.ports import Clients, Subscription
from order_engine.application.socket_session import (
    CancelRequest,
    Connection,
    GetRequest,
    Handled,
    PingRequest,
    PlaceRequest,
    Request,
    SocketSessions,
    SubscribeRequest,
    UnreadableFrame,
    UnsubscribeRequest,
)
from order_engine.application.targets import ALL, order_target, user_target
from order_engine.domain.events import Cancelled, Status
from order_engine.domain.order import Order
from order_engine.fakes.clients import InMemorySubscriptions
from tests.support.callers import ALICE, MALLORY
from tests.support.engine import InMemoryEngine, InMemoryPorts
from tests.support.orders import CONFIRMED, after, new_order, terms

CONNECTION = Connection("JKJaWcFbliACJ-g=", ANYONE)
ALICES = Connection(CONNECTION.id, ALICE)
MALLORYS = Connection(CONNECTION.id, MALLORY)
UNKNOWN = "0198a1b2-7c3d-7e4f-8a5b-000000000000"
PLACE = PlaceRequest(PlaceOrder(ALICE, terms(), idempotency_key="k"), request_id="r-1")


@dataclass
class RecordingClients:
    """Clients that keep the messages as the session posts them, or that can't be reached."""

    messages: list[Message] = field(default_factory=list)
    connections: list[str] = field(default_factory=list)
    failure: ClientUnreachable | None = None

    def post(self, connection_id: str, message: Message) -> None:
        if self.failure is not None:
            raise self.failure
        self.messages.append(message)
        self.connections.append(connection_id)

    def close(self, connection_id: str) -> None:
        raise AssertionError(f"A session closes no connection: {connection_id}")


class Session:
    """A session of one connection, on an engine in memory."""

    def __init__(self, connection: Connection = CONNECTION, subscriptions: InMemorySubscriptions | None = None) -> None:
        self.engine = InMemoryEngine(ports=InMemoryPorts(subscriptions=subscriptions or InMemorySubscriptions()))
        self.connection = connection
        self.clients = RecordingClients()
        self.engine.connections.connect(connection, None)

    @property
    def sessions(self) -> SocketSessions:
        clients: Clients = self.clients
        return replace(self.engine.sessions, clients=clients)

    @property
    def subscriptions(self) -> InMemorySubscriptions:
        return self.engine.subscriptions

    def handle(self, request: Request) -> Handled:
        return self.sessions.handle(self.connection, request)

    def answers(self, request: Request) -> list[Message]:
        """Handle a request that must not fail, and return its answers."""
        before = len(self.clients.messages)
        assert self.handle(request) == Handled()
        assert set(self.clients.connections) <= {self.connection.id}
        return self.clients.messages[before:]

    def store(self, *steps: Status, user_id: str = "alice") -> Order:
        order = after(new_order(user_id=user_id), *steps)
        self.engine.orders.create(order)
        return order


def test_a_new_connection_is_stored_with_its_user() -> None:
    stored: list[tuple[str, Caller, Subscription | None]] = []

    class Recording(InMemorySubscriptions):
        def connect(self, connection_id: str, caller: Caller, first: Subscription | None) -> None:
            stored.append((connection_id, caller, first))
            InMemorySubscriptions.connect(self, connection_id, caller, first)

    session = Session(ALICES, Recording())
    assert stored == [(ALICES.id, ALICE, None)]
    assert session.subscriptions.connections == {ALICES.id: set()}
    assert session.subscriptions.stream == []


def test_the_first_subscription_says_when_its_connection_was_made() -> None:
    session = Session(ALICES)
    session.engine.clock.sleep(7)
    first = Subscription(user_target("alice"), ALICES.id, 3, ALICE, request_id="r-1")
    session.engine.connections.connect(ALICES, first)
    assert session.subscriptions.stream == [replace(first, connected_at=session.engine.clock.now())]
    assert session.clients.messages == []  # nothing can be posted before $connect has returned


def test_a_connection_that_ends_leaves_nothing_behind() -> None:
    session = Session()
    for target in (ALL, order_target(UNKNOWN)):
        session.answers(SubscribeRequest(target))
    session.engine.connections.disconnect(CONNECTION.id)
    assert (session.subscriptions.rows, session.subscriptions.connections) == ({}, {})


@pytest.mark.parametrize("target", [order_target(UNKNOWN), user_target("alice")])
def test_subscribing_writes_the_row_whose_stream_record_is_answered(target: str) -> None:
    session = Session(ALICES)
    assert session.answers(SubscribeRequest(target, 2, request_id="r-1")) == []
    assert session.subscriptions.stream == [Subscription(target, ALICES.id, 2, ALICE, None, "r-1")]


def test_unsubscribing_removes_the_row_and_is_answered() -> None:
    session = Session()
    for target in (ALL, order_target(UNKNOWN)):
        session.answers(SubscribeRequest(target))
    assert session.answers(UnsubscribeRequest(ALL, request_id="r-1")) == [Unsubscribed(ALL, "r-1")]
    assert list(session.subscriptions.rows) == [(order_target(UNKNOWN), CONNECTION.id)]


@pytest.mark.parametrize("connection", [CONNECTION, ALICES])
def test_an_order_is_placed_queued_and_subscribed_to_from_its_first_event_on(connection: Connection) -> None:
    session = Session(connection)
    (accepted,) = session.answers(PLACE)
    (order,) = session.engine.orders.stream
    assert accepted == OrderPlaced(order, replayed=False, request_id="r-1")
    assert len(session.engine.queue.messages) == 1
    assert session.subscriptions.stream == [Subscription(order_target(order.id), connection.id, 0, connection.caller)]


def test_an_order_that_was_placed_before_is_shown_with_its_present_status() -> None:
    session = Session()
    session.answers(PLACE)
    session.engine.work()
    (again,) = session.answers(replace(PLACE, request_id="r-2"))
    (order,) = session.engine.orders.orders.values()
    assert order.status is Status.CONFIRMED
    assert again == OrderPlaced(order, replayed=True, request_id="r-2")


def test_accepted_is_posted_before_the_subscription_is_added() -> None:
    class Prompt(InMemorySubscriptions):
        def add(self, subscription: Subscription) -> None:
            posted_before.append(list(session.clients.messages))
            InMemorySubscriptions.add(self, subscription)

    posted_before: list[list[Message]] = []
    session = Session(subscriptions=Prompt())
    accepted = session.answers(PLACE)
    assert posted_before == [accepted]
    assert [type(message) for message in accepted] == [OrderPlaced]


def test_an_order_that_can_not_be_subscribed_to_is_accepted_all_the_same_and_both_are_answered() -> None:
    session = Session(subscriptions=InMemorySubscriptions(limit=0))
    handled = session.handle(PLACE)
    (order,) = session.engine.orders.stream
    assert isinstance(handled.failure, TooManySubscriptions)
    assert session.clients.messages == [OrderPlaced(order, False, "r-1"), Refused(handled.failure, "r-1")]


@pytest.mark.parametrize("connection", [CONNECTION, ALICES])
def test_an_order_is_shown(connection: Connection) -> None:
    session = Session(connection)
    order = session.store(*CONFIRMED)
    assert session.answers(GetRequest(order.id, request_id="r-1")) == [OrderShown(order, "r-1")]


@pytest.mark.parametrize("connection", [CONNECTION, ALICES])
def test_an_order_is_cancelled_and_shown(connection: Connection) -> None:
    session = Session(connection)
    order = session.store()
    (shown,) = session.answers(CancelRequest(order.id, request_id="r-1"))
    cancelled = session.engine.now(order)
    assert shown == OrderShown(cancelled, "r-1")
    assert cancelled.events[-1] == Cancelled(2, order.updated_at, "alice")


def test_it_can_be_too_late_to_cancel() -> None:
    session = Session(ALICES)
    order = session.store(*CONFIRMED[:2])
    handled = session.handle(CancelRequest(order.id, request_id="r-1"))
    assert isinstance(handled.failure, TooLateToCancel)
    assert session.clients.messages == [Refused(handled.failure, "r-1")]
    assert session.engine.now(order) == order


@pytest.mark.parametrize("kind", [GetRequest, CancelRequest])
def test_somebody_elses_order_is_answered_like_an_unknown_one(kind: type[GetRequest | CancelRequest]) -> None:
    session = Session(MALLORYS)
    order = session.store()
    for order_id in (order.id, UNKNOWN):
        handled = session.handle(kind(order_id, request_id="r-1"))
        assert isinstance(handled.failure, OrderNotFound)
        assert str(handled.failure) == f"There is no order {order_id}."
        assert session.clients.messages.pop() == Refused(handled.failure, "r-1")
    assert session.clients.messages == []
    assert session.engine.now(order) == order


def test_a_ping_is_answered_with_the_time() -> None:
    session = Session()
    session.engine.clock.sleep(7)
    assert session.answers(PingRequest(request_id="r-1")) == [Pong(session.engine.clock.now(), "r-1")]


def test_a_frame_that_can_not_be_read_is_answered_with_its_error() -> None:
    session = Session()
    error = ValueError("it is no JSON")
    assert session.handle(UnreadableFrame(error, request_id="r-1")) == Handled(failure=error)
    assert session.clients.messages == [Refused(error, "r-1")]


def every_kind(order: Order, request_id: str | None) -> list[Request]:
    """Return a request of every kind that is answered at once."""
    return [
        UnsubscribeRequest(ALL, request_id=request_id),
        replace(PLACE, request_id=request_id),
        GetRequest(order.id, request_id=request_id),
        CancelRequest(order.id, request_id=request_id),
        PingRequest(request_id=request_id),
        UnreadableFrame(ValueError("it is no JSON"), request_id=request_id),
    ]


@pytest.mark.parametrize("request_id", ["r-7", "", None])
def test_every_answer_repeats_the_id_of_its_request(request_id: str | None) -> None:
    session = Session()
    requests = every_kind(session.store(), request_id)
    for request in requests:
        session.handle(request)
    assert len(session.clients.messages) == len(requests)
    assert {getattr(message, "request_id", "none") for message in session.clients.messages} == {request_id}


def test_every_kind_of_request_is_tried_here() -> None:
    kinds = {kind for kind in vars(socket_session).values() if isinstance(kind, type) and issubclass(kind, Request)}
    tried = {type(request) for request in every_kind(new_order(), None)}
    assert {*tried, SubscribeRequest} == kinds - {Request}


def test_a_request_of_no_known_kind_is_answered_too() -> None:
    session = Session()
    handled = session.handle(Request(request_id="r-1"))
    assert isinstance(handled.failure, TypeError)
    assert session.clients.messages == [Refused(handled.failure, "r-1")]


@pytest.mark.parametrize(
    "failure", [DependencyUnavailable("DynamoDB did not answer"), NotConnected(), ZeroDivisionError("ours")]
)
def test_a_failure_is_answered_and_returned(failure: Exception) -> None:
    class Broken(InMemorySubscriptions):
        def add(self, subscription: Subscription) -> None:
            raise failure

    session = Session(subscriptions=Broken())
    assert session.handle(SubscribeRequest(ALL, request_id="r-1")) == Handled(failure=failure)
    assert session.clients.messages == [Refused(failure, "r-1")]


def test_an_order_that_is_refused_is_answered_and_not_subscribed_to() -> None:
    session = Session()
    session.answers(PLACE)
    session.subscriptions.stream.clear()
    handled = session.handle(PlaceRequest(replace(PLACE.command, terms=terms("2")), request_id="r-2"))
    assert isinstance(handled.failure, IdempotencyConflict)
    assert session.clients.messages[1:] == [Refused(handled.failure, "r-2")]
    assert session.subscriptions.stream == []


@pytest.mark.parametrize("error", [ClientUnreachable("throttled"), ClientGone("gone")])
def test_an_answer_that_can_not_be_delivered_is_no_failure(error: ClientUnreachable) -> None:
    session = Session()
    order = session.store()
    session.clients.failure = error
    assert session.handle(CancelRequest(order.id)) == Handled(undelivered=error)
    assert session.engine.now(order).status is Status.CANCELLED


def test_a_refusal_that_can_not_be_delivered_is_returned_with_its_failure() -> None:
    session = Session()
    session.clients.failure = gone = ClientGone("gone")
    error = ValueError("it is no JSON")
    assert session.handle(UnreadableFrame(error)) == Handled(error, gone)


def test_an_order_whose_answer_is_not_delivered_is_placed_and_subscribed_to_all_the_same() -> None:
    session = Session()
    session.clients.failure = gone = ClientGone("gone")
    assert session.handle(PLACE) == Handled(undelivered=gone)
    (order,) = session.engine.orders.stream
    assert [row.target for row in session.subscriptions.stream] == [order_target(order.id)]


def test_an_undelivered_answer_is_returned_though_a_later_one_arrives() -> None:
    class Hiccup(RecordingClients):
        def post(self, connection_id: str, message: Message) -> None:
            if isinstance(message, OrderPlaced):
                raise throttled
            RecordingClients.post(self, connection_id, message)

    throttled = ClientUnreachable("throttled")
    session = Session(subscriptions=InMemorySubscriptions(limit=0))
    session.clients = Hiccup()
    handled = session.handle(PLACE)
    assert isinstance(handled.failure, TooManySubscriptions)
    assert handled.undelivered is throttled
    assert session.clients.messages == [Refused(handled.failure, "r-1")]
