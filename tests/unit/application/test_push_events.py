"""Order events on their way to subscribers: each once per connection, and only to those who may see it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from order_engine.application.errors import ClientUnreachable, DependencyUnavailable
from order_engine.application.identity import ANYONE, Caller
from order_engine.application.messages import Message, StatusUpdate
from order_engine.application.ports import Subscription
from order_engine.application.targets import ALL, order_target, user_target
from order_engine.contracts.events.encoding import event_data
from order_engine.contracts.frames import JsonFrameCodec
from order_engine.domain.order import Order
from order_engine.fakes.clients import InMemorySubscriptions
from tests.support.callers import ALICE, BOB
from tests.support.clients import ConnectedClients
from tests.support.engine import InMemoryEngine, InMemoryPorts
from tests.support.orders import CANCELLED, CONFIRMED, images, new_order

ORDER = new_order(user_id="alice")
HISTORY = images(ORDER, *CONFIRMED)
BOBS = images(new_order(user_id="bob"), *CANCELLED)


def subscribe(
    engine: InMemoryEngine, connection: str, *targets: str, caller: Caller = ANYONE, after_seq: int = 0
) -> None:
    engine.subscriptions.connect(connection, caller, None)
    for target in targets:
        engine.subscriptions.add(Subscription(target, connection, after_seq, caller))


def received(engine: InMemoryEngine, connection: str, order: Order = ORDER) -> list[int]:
    messages = engine.clients.inboxes[connection]
    return [message["seq"] for message in messages if message["orderId"] == order.id]


def test_each_event_goes_out_as_it_happens() -> None:
    engine = InMemoryEngine()
    subscribe(engine, "a", order_target(ORDER.id))
    for image in HISTORY:
        engine.pusher.push_events([image])
    messages = engine.clients.inboxes["a"]
    assert [message["seq"] for message in messages] == [1, 2, 3, 4, 5]
    assert [message["status"] for message in messages] == [image.status for image in HISTORY]
    assert {message["type"] for message in messages} == {"status_update"}
    assert messages[-1]["data"] == event_data(HISTORY[-1].events[-1], ORDER.terms)


@pytest.mark.parametrize("batch", [HISTORY, HISTORY[::-1], [*HISTORY, *HISTORY], HISTORY[::4]])
def test_a_batch_gives_each_event_once_and_in_order_however_it_is_made_up(batch: Sequence[Order]) -> None:
    engine = InMemoryEngine()
    subscribe(engine, "a", order_target(ORDER.id))
    engine.pusher.push_events(batch)
    assert received(engine, "a") == [1, 2, 3, 4, 5]


def test_a_connection_with_several_subscriptions_receives_each_event_once() -> None:
    engine = InMemoryEngine()
    subscribe(engine, "a", order_target(ORDER.id), user_target("alice"), ALL)
    engine.pusher.push_events(HISTORY)
    assert received(engine, "a") == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("target", "number"), [(order_target(ORDER.id), 1), (user_target("alice"), 1), (user_target("bob"), 0), (ALL, 1)]
)
def test_a_subscription_receives_the_events_of_its_target(target: str, number: int) -> None:
    engine = InMemoryEngine()
    subscribe(engine, "a", target)
    engine.pusher.push_events(HISTORY[:1])
    assert len(received(engine, "a")) == number


@pytest.mark.parametrize("target", [ALL, order_target(ORDER.id), user_target("alice")])
def test_an_authenticated_subscriber_receives_events_of_nobody_elses_orders(target: str) -> None:
    engine = InMemoryEngine()
    subscribe(engine, "alices", target, caller=ALICE)
    subscribe(engine, "bobs", target, caller=BOB)
    engine.pusher.push_events([*HISTORY, *BOBS])
    assert received(engine, "alices") == [1, 2, 3, 4, 5]
    assert received(engine, "alices", BOBS[0]) == []
    assert received(engine, "bobs") == []


def test_events_that_a_client_knows_are_not_sent_again() -> None:
    engine = InMemoryEngine()
    subscribe(engine, "a", order_target(ORDER.id), after_seq=3)
    engine.pusher.push_events(HISTORY)
    assert received(engine, "a") == [4, 5]


def test_what_one_subscription_knows_is_not_held_back_from_another() -> None:
    engine = InMemoryEngine()
    subscribe(engine, "a", order_target(ORDER.id), after_seq=3)
    engine.subscriptions.add(Subscription(ALL, "a"))
    engine.pusher.push_events(HISTORY)
    assert received(engine, "a") == [1, 2, 3, 4, 5]


def test_one_lookup_for_each_target_not_for_each_event() -> None:
    class Counting(InMemorySubscriptions):
        def subscribers(self, target: str) -> list[Subscription]:
            asked.append(target)
            return InMemorySubscriptions.subscribers(self, target)

    asked: list[str] = []
    InMemoryEngine(ports=InMemoryPorts(subscriptions=Counting())).pusher.push_events([*HISTORY, *BOBS])
    assert sorted(asked) == sorted(set(asked))
    assert len(asked) == 5


def test_without_subscribers_nothing_is_sent() -> None:
    engine = InMemoryEngine()
    engine.pusher.push_events(HISTORY)
    assert engine.clients.inboxes == {}


def test_a_client_that_is_gone_loses_exactly_its_own_rows_and_delays_nobody() -> None:
    engine = InMemoryEngine()
    for connection in ("first", "gone", "last"):
        subscribe(engine, connection, order_target(ORDER.id), order_target("another"), ALL)
    engine.clients.gone.add("gone")
    engine.pusher.push_events(HISTORY)
    assert received(engine, "first") == received(engine, "last") == [1, 2, 3, 4, 5]
    assert {connection for _, connection in engine.subscriptions.rows} == {"first", "last"}
    assert len(engine.subscriptions.rows) == 6
    assert engine.subscriptions.connections.keys() == {"first", "last"}


def test_a_row_written_while_its_connection_closed_is_removed_too() -> None:
    engine = InMemoryEngine()
    subscribe(engine, "gone", ALL)
    del engine.subscriptions.connections["gone"]
    engine.clients.gone.add("gone")
    engine.pusher.push_events(HISTORY[:1])
    assert engine.subscriptions.rows == {}


def test_after_a_frame_that_did_not_arrive_no_later_one_is_sent_so_that_there_is_no_gap() -> None:
    class Flaky(ConnectedClients):
        def post(self, connection_id: str, message: Message) -> None:
            if isinstance(message, StatusUpdate) and message.event.seq == 3:
                raise ClientUnreachable(connection_id)
            ConnectedClients.post(self, connection_id, message)

    engine = InMemoryEngine(ports=InMemoryPorts(clients=Flaky(JsonFrameCodec())))
    subscribe(engine, "a", ALL)
    engine.pusher.push_events(HISTORY)
    assert received(engine, "a") == [1, 2]
    assert "a" in engine.clients.gone


def test_a_table_that_is_down_makes_the_batch_fail_and_come_again() -> None:
    class Down(InMemorySubscriptions):
        def subscribers(self, target: str) -> list[Subscription]:
            raise DependencyUnavailable(target)

    with pytest.raises(DependencyUnavailable):
        InMemoryEngine(ports=InMemoryPorts(subscriptions=Down())).pusher.push_events(HISTORY)
