"""The history follows the stream, however its batches come, and the counts follow the history."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from order_engine.application.errors import DependencyUnavailable
from order_engine.application.ports import StatusCounts, failed_attempts
from order_engine.application.record_history import record_history
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from order_engine.fakes.history import InMemoryHistory, InMemoryPublishedCounts
from tests.support.history import without_zeros
from tests.support.orders import CANCELLED, CONFIRMED, FAILED, LIVES, REVERTED, after, images, new_order


def test_only_the_newest_image_of_each_order_is_written() -> None:
    class Counting(InMemoryHistory):
        def record(self, orders: Sequence[Order]) -> StatusCounts:
            written.extend(orders)
            return InMemoryHistory.record(self, orders)

    written: list[Order] = []
    confirmed, cancelled = images(new_order(), *CONFIRMED), images(new_order(), *CANCELLED)
    assert record_history(Counting(), InMemoryPublishedCounts(), [*confirmed[::-1], *cancelled]) == 2
    assert written == [confirmed[-1], cancelled[-1]]


def test_the_counts_are_published_as_they_are_afterwards() -> None:
    history, counts = InMemoryHistory(), InMemoryPublishedCounts()
    orders = [after(new_order(), *life) for life in (CONFIRMED, CONFIRMED, FAILED)]
    record_history(history, counts, orders)
    record_history(history, counts, [new_order()])
    assert without_zeros(counts.read()) == {"confirmed": 2, "failed": 1, "pending": 1}


@pytest.mark.parametrize("seed", range(20))
def test_batches_in_any_order_and_number_end_in_the_same_history(seed: int) -> None:
    random = Random(seed)
    stream = [image for life in LIVES for image in images(new_order(), *life)]
    random.shuffle(stream)
    stream += random.sample(stream, 10)
    history, counts = InMemoryHistory(), InMemoryPublishedCounts()
    while stream:
        size = random.randint(1, 7)
        record_history(history, counts, stream[:size])
        stream = stream[size:]
    assert sorted(order.status for order in history.orders.values()) == sorted(life[-1] for life in LIVES)
    assert sum(counts.read().values()) == len(LIVES)


def test_nothing_to_record_publishes_nothing() -> None:
    counts = InMemoryPublishedCounts(StatusCounts(1, {"confirmed": 7}))
    assert record_history(InMemoryHistory(), counts, []) == 0
    assert counts.read() == {"confirmed": 7}


def test_without_postgres_nothing_is_published_and_the_batch_comes_again() -> None:
    class Down(InMemoryHistory):
        def record(self, orders: Sequence[Order]) -> StatusCounts:
            raise DependencyUnavailable(f"Postgres did not answer for {len(orders)} orders")

    counts = InMemoryPublishedCounts()
    with pytest.raises(DependencyUnavailable):
        record_history(Down(), counts, [new_order()])
    assert counts.read() == {}


def test_every_failed_attempt_is_listed_with_its_number() -> None:
    failed = after(new_order(), *FAILED)
    assert [(failure.seq, failure.attempt, failure.fault.code) for failure in failed_attempts(failed)] == [
        (3, 1, "quote_unavailable"),
        (5, 2, "quote_unavailable"),
        (7, 3, "quote_unavailable"),
        (9, 4, "quote_unavailable"),
    ]
    assert [failure.occurred_at for failure in failed_attempts(failed)] == [
        event.timestamp for event in failed.events[2::2]
    ]
    assert [failure.attempt for failure in failed_attempts(after(new_order(), *REVERTED))] == [1]


@pytest.mark.parametrize("life", [CONFIRMED, CANCELLED, (Status.ROUTING,), ()])
def test_an_order_without_failed_attempts_has_none(life: tuple[Status, ...]) -> None:
    assert list(failed_attempts(after(new_order(), *life))) == []
