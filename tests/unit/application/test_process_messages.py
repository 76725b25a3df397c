"""Batches of wake-up messages: each order executed, and each message deleted, redelivered or made a dead letter."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pytest

from order_engine.application.errors import DependencyUnavailable
from order_engine.application.execute_order import SAFETY_MARGIN
from order_engine.application.ports import WakeUp
from order_engine.application.process_messages import MAX_BACKOFF, MessageProcessing, Processed
from order_engine.contracts.events import JsonEventCodec
from order_engine.contracts.queue import JsonWakeUpCodec
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from order_engine.fakes.orders import InMemoryOrderStore
from order_engine.fakes.process import SequentialExecutor
from order_engine.fakes.queue import InMemoryQueue
from tests.support.engine import CALM, InMemoryEngine, InMemoryPorts
from tests.support.faults import Crash
from tests.support.invariants import check
from tests.support.orders import new_order

S = TypeVar("S")
T = TypeVar("T")

UNKNOWN = "0198a1b2-7c3d-7e4f-8a5b-000000000000"
UNKNOWN_TWO = "0198a1b2-7c3d-7e4f-8a5b-000000000002"
UNREADABLE = ["wake up!", "", "[]", "{}", '{"orderId": 7}', '{"orderId": "seven"}']


@dataclass(slots=True)
class BrokenStore(InMemoryOrderStore):
    """A table that fails for some orders, or for all."""

    failure: Exception = field(default_factory=lambda: DependencyUnavailable("DynamoDB did not answer"))
    only_for: str | None = None

    def load(self, order_id: str) -> Order:
        if self.only_for in (None, order_id):
            raise self.failure
        return InMemoryOrderStore.load(self, order_id)


@dataclass(slots=True)
class StubbornQueue(InMemoryQueue):
    """A queue that takes nothing back."""

    failure: Exception = field(default_factory=lambda: DependencyUnavailable("SQS did not answer"))

    def give_back(self, receipt: str, after: float) -> None:
        raise self.failure


class BrokenExecutor(SequentialExecutor):
    """An executor of which one call is lost."""

    def run(self, call: Callable[[S], T], items: Sequence[S]) -> list[T | Exception]:
        return [RuntimeError("can't start new thread"), *SequentialExecutor.run(self, call, items[1:])]


def message_for(order_id: str) -> str:
    return json.dumps({"orderId": order_id})


def receive(engine: InMemoryEngine, *bodies: str, received_before: int = 0) -> list[WakeUp]:
    """Put messages on the queue and receive them in one batch."""
    for body in bodies:
        engine.queue.put(body)
        engine.queue.messages[-1].receive_count = received_before
    return [engine.queue.wake_up(message) for message in engine.queue.receive()]


def process(
    engine: InMemoryEngine, wake_ups: Sequence[WakeUp], processing: MessageProcessing | None = None
) -> list[Processed]:
    return (processing or engine.processing).process(wake_ups, engine.deadline())


def hidden_for(engine: InMemoryEngine, wake_up: WakeUp) -> float:
    """Return the seconds until the message is visible again."""
    (visible_at,) = [message.visible_at for message in engine.queue.messages if message.receipt == wake_up.receipt]
    return (visible_at - engine.clock.now()).total_seconds()


def new_engine(orders: InMemoryOrderStore | None = None) -> InMemoryEngine:
    """Return an engine with this order table, and nothing on its queue."""
    engine = InMemoryEngine(ports=InMemoryPorts(orders=orders or InMemoryOrderStore(JsonEventCodec())))
    engine.queue.visibility_timeout = 600
    return engine


def with_stubborn_queue(engine: InMemoryEngine, failure: Exception | None = None) -> MessageProcessing:
    queue = StubbornQueue(engine.clock, JsonWakeUpCodec(), failure=failure or DependencyUnavailable("no answer"))
    return replace(engine.processing, queue=queue)


def test_a_message_is_finished_when_its_order_has_ended() -> None:
    engine = new_engine()
    order = new_order()
    engine.orders.create(order)
    (wake_up,) = receive(engine, message_for(order.id))
    (result,) = process(engine, [wake_up])
    assert result == Processed(wake_up, finished=True, order=engine.now(order))
    assert engine.now(order).status is Status.CONFIRMED
    assert hidden_for(engine, wake_up) > MAX_BACKOFF  # it is not given back
    check(engine)


def test_a_message_is_given_back_until_the_order_is_to_be_looked_at_again() -> None:
    engine = InMemoryEngine(replace(CALM, execution_latency=10))
    order = engine.place()
    engine.queue.messages.clear()
    (wake_up,) = receive(engine, message_for(order.id))
    (result,) = engine.processing.process([wake_up], engine.deadline(SAFETY_MARGIN + 3))
    assert result == Processed(wake_up, finished=False, order=engine.now(order))
    assert engine.now(order).status is Status.SUBMITTED
    assert hidden_for(engine, wake_up) == 10
    engine.clock.sleep(10)
    assert engine.settle(order).status is Status.CONFIRMED


def test_without_time_to_begin_the_message_is_given_back_at_once() -> None:
    engine = new_engine()
    order = new_order()
    engine.orders.create(order)
    (wake_up,) = receive(engine, message_for(order.id))
    (result,) = engine.processing.process([wake_up], engine.deadline(SAFETY_MARGIN - 0.1))
    assert result == Processed(wake_up, finished=False, order=order)
    assert hidden_for(engine, wake_up) == 0


def test_a_message_whose_retry_is_not_due_is_given_back_until_it_is() -> None:
    engine = InMemoryEngine(replace(CALM, quote_failure_rate=1))
    order = engine.place()
    engine.queue.messages.clear()
    (wake_up,) = receive(engine, message_for(order.id))
    (result,) = process(engine, [wake_up])
    due = engine.now(order).next_attempt_at
    assert due is not None
    assert (result.finished, result.order) == (False, engine.now(order))
    too_late = hidden_for(engine, wake_up) - (due - engine.clock.now()).total_seconds()
    assert 0 <= too_late < 1  # the queue knows whole seconds only


@pytest.mark.parametrize("body", [message_for(UNKNOWN), *UNREADABLE])
def test_poison_is_given_back_at_once_and_not_finished(body: str) -> None:
    engine = new_engine()
    (wake_up,) = receive(engine, body, received_before=7)
    (result,) = process(engine, [wake_up])
    assert (result.finished, result.order, result.failure) == (False, None, None)
    assert result.poison
    assert result.poison == (wake_up.unreadable or f"There is no order {UNKNOWN}.")
    assert hidden_for(engine, wake_up) == 0


def test_poison_becomes_a_dead_letter() -> None:
    engine = new_engine()
    engine.queue.put("wake up!")
    engine.work()
    assert [letter.body for letter in engine.queue.dead] == ["wake up!"]
    assert engine.clock.now() == InMemoryEngine().clock.now()  # at once


def test_a_wake_up_without_order_and_reason_is_poison_too() -> None:
    engine = new_engine()
    (wake_up,) = receive(engine, "wake up!")
    (result,) = process(engine, [replace(wake_up, unreadable=None)])
    assert (result.poison, result.finished) == ("it names no order", False)


@pytest.mark.parametrize("failure", [DependencyUnavailable("DynamoDB did not answer"), ZeroDivisionError("ours")])
@pytest.mark.parametrize(
    ("received_before", "pause"), [(0, 2), (1, 4), (3, 16), (5, 64), (6, MAX_BACKOFF), (99, MAX_BACKOFF)]
)
def test_a_failure_of_ours_gives_the_message_back_for_longer_and_longer(
    failure: Exception, received_before: int, pause: float
) -> None:
    engine = new_engine(BrokenStore(JsonEventCodec(), failure=failure))
    (wake_up,) = receive(engine, message_for(UNKNOWN), received_before=received_before)
    assert process(engine, [wake_up]) == [Processed(wake_up, failure=failure)]
    assert hidden_for(engine, wake_up) == pause


def test_the_longest_pause_and_the_most_receives_are_three_hours_together() -> None:
    pauses = [min(2**received, MAX_BACKOFF) for received in range(1, 101)]
    assert 3 * 3600 < sum(pauses) < 3.3 * 3600


def test_a_message_that_can_not_be_given_back_is_not_finished_and_comes_back_by_itself() -> None:
    broken, unsent = new_order(), new_order()
    engine = new_engine(BrokenStore(JsonEventCodec(), only_for=broken.id))
    engine.orders.create(unsent)
    wake_ups = receive(engine, "wake up!", message_for(broken.id), message_for(unsent.id))
    results = with_stubborn_queue(engine).process(wake_ups, engine.deadline(SAFETY_MARGIN - 0.1))
    poison, failed, look_again = results
    assert [result.finished for result in results] == [False, False, False]
    assert (poison.poison, poison.failure) == (wake_ups[0].unreadable, None)
    assert str(failed.failure) == "DynamoDB did not answer"
    assert (look_again.order, look_again.failure) == (unsent, None)
    assert [hidden_for(engine, wake_up) for wake_up in wake_ups] == [engine.queue.visibility_timeout] * 3


def test_any_other_failure_to_give_back_is_returned_and_stops_no_other_message() -> None:
    order = new_order()
    engine = new_engine()
    engine.orders.create(order)
    failure = ZeroDivisionError("ours")
    poison, good = receive(engine, "wake up!", message_for(order.id))
    results = process(engine, [poison, good], with_stubborn_queue(engine, failure))
    assert results == [
        Processed(poison, failure=failure),
        Processed(good, finished=True, order=engine.now(order)),
    ]


def test_a_message_that_the_executor_can_not_run_is_not_finished() -> None:
    orders = [new_order(), new_order()]
    engine = new_engine()
    for order in orders:
        engine.orders.create(order)
    wake_ups = receive(engine, *(message_for(order.id) for order in orders))
    lost, good = process(engine, wake_ups, replace(engine.processing, executor=BrokenExecutor()))
    assert (lost.wake_up, lost.finished, lost.order, lost.poison) == (wake_ups[0], False, None, None)
    assert str(lost.failure) == "can't start new thread"
    assert (good.wake_up, good.finished) == (wake_ups[1], True)
    assert [engine.now(order).status for order in orders] == [Status.PENDING, Status.CONFIRMED]


def test_good_bad_and_duplicate_messages_of_a_batch_do_not_disturb_each_other() -> None:
    good, other, broken = new_order(), new_order(), new_order()
    engine = new_engine(BrokenStore(JsonEventCodec(), only_for=broken.id))
    for order in (good, other):
        engine.orders.create(order)
    bodies = [
        message_for(good.id),
        "wake up!",
        message_for(broken.id),
        message_for(good.id),
        message_for(UNKNOWN),
        message_for(other.id),
    ]
    wake_ups = receive(engine, *bodies)
    results = process(engine, wake_ups)
    assert [result.wake_up for result in results] == wake_ups
    assert [result.finished for result in results] == [True, False, False, True, False, True]
    assert [bool(result.poison) for result in results] == [False, True, False, False, True, False]
    assert [bool(result.failure) for result in results] == [False, False, True, False, False, False]
    assert [result.order for result in results] == [
        engine.now(good),
        None,
        None,
        engine.now(good),
        None,
        engine.now(other),
    ]
    hidden = [hidden_for(engine, wake_up) for wake_up in wake_ups]
    assert [seconds > MAX_BACKOFF for seconds in hidden] == [result.finished for result in results]
    assert max(hidden[1], hidden[4]) <= 0
    check(engine)


def test_an_empty_batch_has_no_results() -> None:
    assert process(new_engine(), []) == []


def test_what_came_of_a_message_is_told_before_the_rest_of_the_batch_is_processed() -> None:
    class Lethal(InMemoryOrderStore):
        def load(self, order_id: str) -> Order:
            if order_id == UNKNOWN_TWO:
                raise Crash
            return InMemoryOrderStore.load(self, order_id)

    engine = InMemoryEngine(ports=InMemoryPorts(orders=Lethal(JsonEventCodec())))
    told: list[Processed] = []
    batch = receive(engine, message_for(UNKNOWN), message_for(UNKNOWN_TWO))
    with pytest.raises(Crash):
        engine.processing.process(batch, engine.deadline(), told.append)
    assert [result.poison for result in told] == [f"There is no order {UNKNOWN}."]
