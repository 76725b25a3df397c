"""A new subscriber receives all that happened before; whichever way it crosses with an event, nothing is missed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from order_engine.application.errors import ClientGone, ClientUnreachable
from order_engine.application.identity import ANYONE
from order_engine.application.messages import Message
from order_engine.application.ports import Subscription
from order_engine.application.targets import ALL, order_target, user_target
from order_engine.contracts.events import JsonEventCodec
from order_engine.contracts.frames import JsonFrameCodec
from order_engine.domain.order import Order
from order_engine.fakes.orders import InMemoryOrderStore
from order_engine.fakes.process import ManualClock
from tests.support.callers import MALLORY
from tests.support.clients import ConnectedClients
from tests.support.engine import InMemoryEngine
from tests.support.orders import CONFIRMED, images, new_order

ORDER = new_order(user_id="alice")
HISTORY = images(ORDER, *CONFIRMED)
TARGET = order_target(ORDER.id)


def at(image: Order) -> InMemoryEngine:
    """Return an engine whose table holds the order as it is in this image, and a connection."""
    engine = InMemoryEngine()
    engine.orders.orders[image.id] = image
    engine.subscriptions.connect("a", ANYONE, None)
    return engine


def seen(engine: InMemoryEngine, connection: str = "a") -> list[int]:
    """Return the events a client knows of, dropping by `seq` what it has received already."""
    known: list[int] = []
    for message in engine.clients.inboxes[connection]:
        events = message["events"] if message["type"] == "snapshot" else [message] if "seq" in message else []
        known += [event["seq"] for event in events if event["seq"] not in known]
    return known


@pytest.mark.parametrize("image", HISTORY)
def test_a_subscriber_receives_everything_so_far_after_the_answer_that_it_is_subscribed(image: Order) -> None:
    engine = at(image)
    engine.pusher.push_snapshots([Subscription(TARGET, "a")])
    first, snapshot = engine.clients.inboxes["a"]
    assert first == {"type": "subscribed", "orderId": ORDER.id}
    assert (snapshot["type"], snapshot["orderId"]) == ("snapshot", ORDER.id)
    assert (snapshot["seq"], snapshot["status"]) == (image.version, image.status)
    assert [event["seq"] for event in snapshot["events"]] == list(range(1, image.version + 1))


@pytest.mark.parametrize(("after_seq", "received"), [(0, [1, 2, 3, 4, 5]), (3, [4, 5]), (5, []), (9, [])])
def test_a_client_that_comes_back_receives_what_it_missed_and_the_status_in_any_case(
    after_seq: int, received: list[int]
) -> None:
    engine = at(HISTORY[-1])
    engine.pusher.push_snapshots([Subscription(TARGET, "a", after_seq)])
    assert seen(engine) == received
    assert engine.clients.inboxes["a"][-1]["status"] == "confirmed"


@pytest.mark.parametrize(("target", "channel"), [(ALL, "all"), (user_target("alice"), "user")])
def test_a_subscription_to_a_channel_has_no_snapshot(target: str, channel: str) -> None:
    engine = at(HISTORY[-1])
    engine.pusher.push_snapshots([Subscription(target, "a")])
    assert engine.clients.inboxes["a"] == [{"type": "subscribed", "channel": channel}]


def test_an_unknown_order_is_an_error_and_its_row_is_removed() -> None:
    engine = at(HISTORY[0])
    unknown = Subscription(order_target("0198a1b2-7c3d-7e4f-8a5b-000000000000"), "a")
    for subscription in (unknown, Subscription(TARGET, "a")):
        engine.subscriptions.add(subscription)
    engine.pusher.push_snapshots(engine.subscriptions.stream)
    (refusal, *_) = engine.clients.inboxes["a"]
    assert (refusal["type"], refusal["code"]) == ("error", "order_not_found")
    assert refusal["orderId"] == "0198a1b2-7c3d-7e4f-8a5b-000000000000"
    assert list(engine.subscriptions.rows) == [(TARGET, "a")]


def test_somebody_elses_order_is_answered_like_an_unknown_one() -> None:
    engine = at(HISTORY[-1])
    mine = Subscription(TARGET, "a", caller=MALLORY)
    engine.subscriptions.add(mine)
    engine.pusher.push_snapshots([mine])
    (refusal,) = engine.clients.inboxes["a"]
    assert (refusal["code"], refusal["message"]) == ("order_not_found", f"There is no order {ORDER.id}.")
    assert engine.subscriptions.rows == {}


def test_a_new_subscriber_that_is_gone_loses_its_own_rows_and_delays_nobody() -> None:
    engine = at(HISTORY[-1])
    engine.subscriptions.connect("gone", ANYONE, None)
    for connection in ("a", "gone"):
        engine.subscriptions.add(Subscription(TARGET, connection))
    engine.clients.gone.add("gone")
    engine.pusher.push_snapshots(engine.subscriptions.stream[::-1])
    assert seen(engine) == [1, 2, 3, 4, 5]
    assert list(engine.subscriptions.rows) == [(TARGET, "a")]


def interleavings(
    written: int = 1, pushed: int = 0, subscribed: bool = False, greeted: bool = False
) -> Iterator[tuple[str, ...]]:
    """Yield every order in which the rest can happen: each stream in its own order, nothing read before it is there."""
    following: dict[str, tuple[int, int, bool, bool] | None] = {
        "write": (written + 1, pushed, subscribed, greeted) if written < len(HISTORY) else None,
        "push": (written, pushed + 1, subscribed, greeted) if pushed < written else None,
        "subscribe": (written, pushed, True, greeted) if not subscribed else None,
        "snapshot": (written, pushed, subscribed, True) if subscribed and not greeted else None,
    }
    possible = {step: after for step, after in following.items() if after}
    for step, after in possible.items():
        yield from ((step, *rest) for rest in interleavings(*after))
    if not possible:
        yield ()


def test_however_events_and_a_subscription_cross_nothing_is_missed() -> None:
    tried = 0
    for steps in interleavings():
        engine = at(HISTORY[0])
        to_write, to_push = iter(HISTORY[1:]), iter(HISTORY)
        for step in steps:
            match step:
                case "write":
                    image = next(to_write)
                    engine.orders.orders[image.id] = image
                case "push":
                    engine.pusher.push_events([next(to_push)])
                case "subscribe":
                    engine.subscriptions.add(Subscription(TARGET, "a"))
                case "snapshot":
                    engine.pusher.push_snapshots(engine.subscriptions.stream)
        assert sorted(seen(engine)) == [1, 2, 3, 4, 5], steps
        tried += 1
    assert tried > 1_000


class Opening(ConnectedClients):
    """A gateway on which connection `a` can be reached only some time after its `$connect` was handled."""

    clock: ManualClock
    opens_at: datetime

    def post(self, connection_id: str, message: Message) -> None:
        if connection_id == "a" and self.clock.now() < self.opens_at:
            raise ClientGone(connection_id)
        ConnectedClients.post(self, connection_id, message)


def opening(takes: float, image: Order = HISTORY[-1], target: str = TARGET) -> InMemoryEngine:
    """Return an engine with a connection that has subscribed and opens after so many seconds."""
    engine = at(image)
    engine.ports.clients = gateway = Opening(JsonFrameCodec())
    gateway.clock, gateway.opens_at = engine.clock, engine.clock.now() + timedelta(seconds=takes)
    engine.subscriptions.connect("a", ANYONE, Subscription(target, "a", connected_at=engine.clock.now()))
    return engine


@pytest.mark.parametrize("takes", [0.0, 0.3, 0.9])
def test_a_connection_that_is_still_opening_is_waited_for(takes: float) -> None:
    engine = opening(takes)
    engine.pusher.push_snapshots(engine.subscriptions.stream[:])
    assert seen(engine) == [1, 2, 3, 4, 5]
    assert len(engine.subscriptions.stream) == 1


@pytest.mark.parametrize("target", [TARGET, ALL])
def test_events_do_not_wait_for_a_connection_that_is_still_opening(target: str) -> None:
    engine = opening(takes=1)
    engine.subscriptions.connect("b", ANYONE, Subscription(target, "b"))
    before = engine.clock.now()
    engine.pusher.push_events(HISTORY)
    assert seen(engine, "b") == [1, 2, 3, 4, 5]
    assert engine.clock.now() == before
    assert (TARGET, "a") in engine.subscriptions.rows


def test_what_was_pushed_while_a_connection_was_opening_is_in_its_snapshot() -> None:
    class Meanwhile(InMemoryOrderStore):
        """The order goes on right after it was read for the first time, and its events are pushed."""

        def load(self, order_id: str) -> Order:
            order = InMemoryOrderStore.load(self, order_id)
            if self.orders[ORDER.id] is not HISTORY[-1]:
                self.orders[ORDER.id] = HISTORY[-1]
                engine.pusher.push_events(HISTORY[2:])
            return order

    engine = opening(takes=0.3, image=HISTORY[1])
    engine.ports.orders = Meanwhile(JsonEventCodec(), engine.orders.orders)
    engine.pusher.push_snapshots(engine.subscriptions.stream)
    assert seen(engine) == [1, 2, 3, 4, 5]


def push_all_snapshots(engine: InMemoryEngine) -> None:
    """Process the stream to its end, with the records that are added on the way."""
    position = 0
    while batch := engine.subscriptions.stream[position:]:
        position += len(batch)
        engine.pusher.push_snapshots(batch)
        engine.clock.sleep(0.2)


@pytest.mark.parametrize("target", [TARGET, ALL])
def test_a_connection_that_takes_long_to_open_is_greeted_all_the_same(target: str) -> None:
    engine = opening(takes=10, target=target)
    push_all_snapshots(engine)
    assert engine.clients.inboxes["a"][0]["type"] == "subscribed"
    assert seen(engine) == ([1, 2, 3, 4, 5] if target == TARGET else [])
    assert (target, "a") in engine.subscriptions.rows


def test_others_do_not_wait_long_for_a_connection_to_open() -> None:
    engine = opening(takes=10)
    engine.pusher.push_snapshots(engine.subscriptions.stream[:])
    assert (engine.clock.now() - ManualClock().now()).total_seconds() <= 1


def test_a_connection_that_does_not_open_is_evicted_when_it_no_longer_can() -> None:
    engine = opening(takes=3_600)
    push_all_snapshots(engine)
    assert engine.subscriptions.rows == {}
    assert 40 < (engine.clock.now() - ManualClock().now()).total_seconds() < 43


def test_a_connection_that_is_gone_before_it_was_greeted_is_not_greeted_again() -> None:
    engine = opening(takes=3_600)
    engine.subscriptions.disconnect("a")
    engine.pusher.push_snapshots(engine.subscriptions.stream[:])
    assert len(engine.subscriptions.stream) == 1


def test_a_throttled_frame_to_a_connection_that_may_be_opening_makes_the_batch_fail_and_come_again() -> None:
    class Throttled(ConnectedClients):
        def post(self, connection_id: str, message: Message) -> None:
            raise ClientUnreachable(connection_id)

    engine = opening(takes=1)
    engine.ports.clients = Throttled(JsonFrameCodec())
    with pytest.raises(ClientUnreachable):
        engine.pusher.push_events(HISTORY)
    assert (TARGET, "a") in engine.subscriptions.rows


@pytest.mark.parametrize("order_id", [ORDER.id, "0198a1b2-7c3d-7e4f-8a5b-000000000000"])
def test_the_answer_repeats_the_id_of_its_request(order_id: str) -> None:
    engine = InMemoryEngine()
    engine.orders.create(ORDER)
    engine.subscriptions.connect("a", ANYONE, None)
    engine.subscriptions.add(Subscription(order_target(order_id), "a", request_id="7"))
    engine.pusher.push_snapshots(engine.subscriptions.stream)
    assert engine.clients.inboxes["a"][0]["requestId"] == "7"


def test_a_batch_of_either_stream_is_pushed() -> None:
    engine = at(HISTORY[1])
    engine.subscriptions.connect("b", ANYONE, None)
    engine.subscriptions.add(Subscription(ALL, "a"))
    new = Subscription(TARGET, "b")
    engine.pusher.push(HISTORY[:2], [new])
    assert (seen(engine), seen(engine, "b")) == ([1, 2], [1, 2])
    assert [message["type"] for message in engine.clients.inboxes["a"]] == ["status_update"] * 2
    assert [message["type"] for message in engine.clients.inboxes["b"]] == ["subscribed", "snapshot"]
    before = len(engine.clients.inboxes["a"])
    engine.pusher.push([], [])
    assert len(engine.clients.inboxes["a"]) == before
