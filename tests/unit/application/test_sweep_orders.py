"""The sweep: every order that should have ended by now gets another wake-up message, and no other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

import pytest

from order_engine.application.errors import DependencyUnavailable
from order_engine.application.sweep_orders import BATCH, RESERVE, is_sweep_due, sweep_orders
from order_engine.contracts.queue import JsonWakeUpCodec
from order_engine.domain.events import Status
from order_engine.fakes.queue import InMemoryQueue
from tests.support.engine import InMemoryEngine


@dataclass(slots=True)
class SlowQueue(InMemoryQueue):
    """A queue whose calls take time."""

    takes: float = 1.0
    batches: list[int] = field(default_factory=list)

    def send_again(self, order_ids: Sequence[str]) -> None:
        self.clock.sleep(self.takes)
        self.batches.append(len(order_ids))


def queued(engine: InMemoryEngine) -> list[str]:
    return sorted(json.loads(message.body)["orderId"] for message in engine.queue.messages)


def test_open_orders_are_swept_a_minute_after_they_were_placed_and_not_before() -> None:
    engine = InMemoryEngine()
    old = engine.place()
    engine.clock.sleep(1)
    engine.place()
    engine.queue.messages.clear()
    engine.clock.time = old.due_at - timedelta(seconds=1)
    assert engine.sweep() == 0
    engine.clock.time = old.due_at
    assert engine.sweep() == 1
    assert queued(engine) == [old.id]


def test_orders_that_have_ended_are_not_swept() -> None:
    engine = InMemoryEngine()
    done, cancelled = engine.place(), engine.place()
    engine.cancel(cancelled)
    engine.work()
    assert engine.now(done).status is Status.CONFIRMED
    engine.clock.sleep(3600)
    assert engine.sweep() == 0


def test_an_order_whose_message_was_lost_ends_after_a_sweep() -> None:
    engine = InMemoryEngine()
    order = engine.place()
    engine.queue.messages.clear()
    engine.clock.sleep(61)
    engine.sweep()
    assert engine.settle(order).status is Status.CONFIRMED


def test_orders_are_sent_in_batches_that_the_queue_takes() -> None:
    engine = InMemoryEngine()
    orders = [engine.place() for _ in range(2 * BATCH + 3)]
    engine.clock.sleep(60)
    queue = SlowQueue(engine.clock, JsonWakeUpCodec())
    assert sweep_orders(engine.orders, queue, engine.clock, engine.deadline(60)) == len(orders)
    assert queue.batches == [BATCH, BATCH, 3]


def test_a_sweep_stops_in_time_and_leaves_the_rest_to_the_next() -> None:
    engine = InMemoryEngine()
    for _ in range(5 * BATCH):
        engine.place()
    engine.clock.sleep(60)
    queue = SlowQueue(engine.clock, JsonWakeUpCodec())
    assert sweep_orders(engine.orders, queue, engine.clock, engine.deadline(RESERVE + 1.5)) == 2 * BATCH


def test_a_queue_that_is_down_is_an_error() -> None:
    class DeadQueue(InMemoryQueue):
        def send_again(self, order_ids: Sequence[str]) -> None:
            raise DependencyUnavailable(f"SQS did not answer for {len(order_ids)}")

    engine = InMemoryEngine()
    engine.place()
    engine.clock.sleep(60)
    with pytest.raises(DependencyUnavailable):
        sweep_orders(engine.orders, DeadQueue(engine.clock, JsonWakeUpCodec()), engine.clock, engine.deadline(60))


def test_an_order_that_stays_open_is_swept_ever_more_rarely() -> None:
    turns = [minute for minute in range(24 * 60) if is_sweep_due(timedelta(minutes=minute, seconds=30))]
    assert turns[:8] == [0, 1, 2, 3, 4, 5, 8, 9]
    assert len(turns) < 24 * 60 / 7


@pytest.mark.parametrize("pause", [59, 60, 61, 75, 100, 119])
def test_sweeps_that_come_late_leave_no_order_for_long(pause: int) -> None:
    sweeps = [second for second in range(7, 24 * 3600, pause) if is_sweep_due(timedelta(seconds=second))]
    assert max(later - earlier for earlier, later in pairwise(sweeps)) <= 17 * 60
