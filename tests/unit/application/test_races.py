"""Two who work on the same order at the same time: one wins each step, the other looks again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count

import pytest

from order_engine.application.errors import TooLateToCancel
from order_engine.application.execute_order import LookAgain
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from tests.support.engine import InMemoryEngine
from tests.support.faults import Faults, Meanwhile
from tests.support.invariants import check
from tests.support.orders import CONFIRMED

Rival = Callable[[InMemoryEngine, Order], object]


def race(rival: Rival) -> list[InMemoryEngine]:
    """Let the rival step in before every call that a worker makes, one run for each."""
    runs: list[InMemoryEngine] = []
    for at_call in count(1):
        engine = InMemoryEngine()
        order = engine.place()
        engine.faults = Faults([Meanwhile(at_call, partial(rival, engine, order))])
        execute(engine, order)
        check(engine)
        if at_call > len(engine.faults.calls):
            return runs
        runs.append(engine)
    raise AssertionError("unreachable")


def execute(engine: InMemoryEngine, order: Order) -> None:
    """Execute the order to its end, without the redelivery that would hide a failure of worker or rival."""
    while isinstance(result := engine.execution.execute(order.id, engine.deadline()), LookAgain):
        engine.clock.sleep(result.after)


def ends(engines: list[InMemoryEngine]) -> set[Status]:
    return {order.status for engine in engines for order in engine.orders.orders.values()}


def test_a_second_worker_at_any_moment_changes_nothing() -> None:
    def work_too(engine: InMemoryEngine, order: Order) -> None:
        engine.another_worker().execution.execute(order.id, engine.deadline())

    runs = race(work_too)
    assert len(runs) > 10
    assert ends(runs) == {Status.CONFIRMED}
    for engine in runs:
        assert len(engine.orders.stream) == 1 + len(CONFIRMED)


def test_two_messages_for_one_order_swap_once() -> None:
    engine = InMemoryEngine()
    order = engine.place()
    engine.queue.send_again([order.id, order.id])
    assert engine.settle(order).status is Status.CONFIRMED
    assert len(engine.ledger.landed(order.id)) == 1
    assert len(engine.orders.stream) == 1 + len(CONFIRMED)


def test_a_cancel_at_any_moment_is_granted_or_refused_and_stays_so() -> None:
    answers: list[Status] = []

    def cancel(engine: InMemoryEngine, order: Order) -> None:
        try:
            answers.append(engine.cancel(order).status)
        except TooLateToCancel:
            answers.append(Status.CONFIRMED)

    runs = race(cancel)
    assert [order.status for engine in runs for order in engine.orders.orders.values()] == answers
    assert set(answers) == {Status.CONFIRMED, Status.CANCELLED}


def test_closing_the_order_as_a_dead_letter_at_any_moment_leaves_it_with_one_end() -> None:
    runs = race(lambda engine, order: engine.dead_letter_closing.close(order.id))
    assert ends(runs) == {Status.CONFIRMED, Status.FAILED}


@pytest.mark.parametrize("wins", [Status.CANCELLED, Status.CONFIRMED])
def test_a_cancel_that_loses_its_version_looks_again(wins: Status) -> None:
    """The worker takes a step between the cancel's read and its write: routing is fine, signing is too late."""
    engine = InMemoryEngine()
    order = engine.place()
    routing = order.start_routing(tuple(engine.ports.venues), engine.clock.now())

    def step_in() -> None:
        if wins is Status.CONFIRMED:
            engine.another_worker().execution.execute(order.id, engine.deadline())
        else:
            plain.append(routing)

    plain = engine.orders
    engine.ports.orders = Faults([Meanwhile(2, step_in)]).strike(plain)
    if wins is Status.CANCELLED:
        assert engine.cancel(order).version == 3
    else:
        with pytest.raises(TooLateToCancel):
            engine.cancel(order)
    assert plain.load(order.id).status is wins
