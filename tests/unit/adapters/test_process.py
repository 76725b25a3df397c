"""The process's own clock, deadline, randomness and threads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, get_ident
from typing import Any
from uuid import UUID

import pytest

from order_engine.adapters.process import THREADS, SystemClock, SystemRandomness, ThreadExecutor
from order_engine.application.ports import Executor
from order_engine.domain.timestamps import format_timestamp, parse_timestamp
from order_engine.entrypoints.deadline import LambdaDeadline
from order_engine.fakes.process import ClockDeadline, ManualClock, SeededRandomness, SequentialExecutor

TIMEOUT = 10
"""Seconds."""
LARGEST_BATCH, VENUES = 10, 2


def test_the_time_is_utc_in_what_is_stored_of_it() -> None:
    now = SystemClock().now()
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=TIMEOUT)
    assert parse_timestamp(format_timestamp(now)) == now


def test_a_deadline_counts_down_the_invocations_time() -> None:
    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 1_500

    context: Any = Context()
    assert LambdaDeadline(context).remaining() == 1.5


def test_ids_are_uuids_of_version_7_that_sort_by_time() -> None:
    randomness = SystemRandomness()
    ids = [UUID(randomness.order_id()) for _ in range(100)]
    assert len(set(ids)) == 100
    assert {one.version for one in ids} == {7}
    milliseconds = [one.int >> 80 for one in ids]
    assert milliseconds == sorted(milliseconds)
    assert abs(milliseconds[0] / 1000 - datetime.now(UTC).timestamp()) < TIMEOUT


@pytest.mark.parametrize("randomness", [SystemRandomness(), SeededRandomness()])
def test_jitter_is_a_fraction(randomness: SystemRandomness | SeededRandomness) -> None:
    drawn = {randomness.jitter() for _ in range(100)}
    assert len(drawn) > 50
    assert all(0 <= one <= 1 for one in drawn)


@pytest.fixture(params=[ThreadExecutor, SequentialExecutor])
def executor(request: pytest.FixtureRequest) -> Executor:
    made: Executor = request.param()
    return made


def test_results_come_in_the_order_of_the_items(executor: Executor) -> None:
    assert executor.run(lambda number: number * 2, range(50)) == [number * 2 for number in range(50)]
    assert executor.run(str, []) == []


def test_a_call_that_fails_does_not_stop_the_others(executor: Executor) -> None:
    answers = executor.run(lambda number: 1 / number, [1, 0, 2, 0])
    assert [answer for answer in answers if isinstance(answer, float)] == [1, 0.5]
    assert [type(answer) for answer in answers] == [float, ZeroDivisionError, float, ZeroDivisionError]


def test_waits_overlap() -> None:
    barrier = Barrier(LARGEST_BATCH)
    answers = ThreadExecutor().run(lambda _: barrier.wait(TIMEOUT), range(LARGEST_BATCH))
    assert set(answers) == set(range(LARGEST_BATCH))


def test_every_order_of_a_batch_can_ask_all_venues_at_once() -> None:
    executor, everybody = ThreadExecutor(), Barrier(LARGEST_BATCH * VENUES)

    def order(_: int) -> list[int | Exception]:
        return executor.run(lambda _: everybody.wait(TIMEOUT), range(VENUES))

    answers = executor.run(order, range(LARGEST_BATCH))
    assert not any(isinstance(one, Exception) for answer in answers for one in answer)  # type: ignore[union-attr]
    assert LARGEST_BATCH * VENUES < THREADS


def test_a_single_call_needs_no_other_thread() -> None:
    assert ThreadExecutor().run(lambda _: get_ident(), [1]) == [get_ident()]


def test_a_manual_clock_moves_by_whole_milliseconds_and_its_deadline_with_it() -> None:
    clock = ManualClock()
    deadline = ClockDeadline(clock, 2)
    clock.sleep(0.0004)
    assert deadline.remaining() == pytest.approx(1.999)
    assert parse_timestamp(format_timestamp(clock.now())) == clock.now()
