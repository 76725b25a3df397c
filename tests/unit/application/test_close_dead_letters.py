"""Orders whose messages were given up on: ended where there is evidence for an end, and left alone where not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from order_engine.application.execute_order import SAFETY_MARGIN
from order_engine.domain.errors import OrderNotFound
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from order_engine.venues.simulated import VALIDITY, SimulationSettings
from tests.support.engine import CALM, Engine
from tests.support.invariants import check
from tests.support.orders import LIVES, RETRIED, after, new_order, statuses

S = Status
SLOW = SimulationSettings("1", execution_latency=10)


def sent(engine: Engine) -> Order:
    """Return an order that was sent and is not noted as such: the worker died right after it."""
    order = engine.sign(engine.submit())
    assert order.transaction is not None
    engine.venues[order.transaction.venue].submit(order.transaction)
    return order


@pytest.mark.parametrize("steps", [(), (S.ROUTING,), RETRIED[:2]])
def test_an_order_that_was_never_signed_fails(steps: tuple[Status, ...]) -> None:
    engine = Engine()
    order = after(new_order(), *steps)
    engine.orders.create(order)
    closed = engine.closing.close(order.id)
    assert closed.status is S.FAILED
    assert closed.events[-1].data["error"]["code"] == "processing_gave_up"
    assert closed.events[-1].data["attempts"] == order.attempts
    assert engine.now(order) == closed


def test_an_order_that_was_signed_and_may_still_land_is_left_alone() -> None:
    engine = Engine()
    order = engine.sign(engine.submit())
    assert engine.closing.close(order.id) == order == engine.now(order)


def test_once_its_transaction_has_expired_it_fails_and_can_never_land() -> None:
    engine = Engine()
    order = engine.sign(engine.submit())
    engine.clock.sleep(VALIDITY.total_seconds() + 1)
    closed = engine.closing.close(order.id)
    assert closed.status is S.FAILED
    assert closed.events[-1].data["error"]["code"] == "transaction_expired"
    assert order.transaction is not None
    engine.venues[order.transaction.venue].submit(order.transaction)
    check(engine)


def test_a_swap_that_landed_unnoticed_is_confirmed_by_way_of_submitted() -> None:
    engine = Engine()
    order = sent(engine)
    engine.clock.sleep(10)
    closed = engine.closing.close(order.id)
    assert statuses(closed)[-2:] == [S.SUBMITTED, S.CONFIRMED]
    check(engine)


def test_a_swap_that_is_not_final_yet_is_left_alone_until_it_is() -> None:
    engine = Engine(SLOW)
    order = engine.submit()
    engine.execution.execute(order.id, engine.deadline(SAFETY_MARGIN + 3))
    assert engine.closing.close(order.id).status is S.SUBMITTED
    engine.clock.sleep(10)
    assert engine.closing.close(order.id).status is S.CONFIRMED
    check(engine)


def test_a_swap_that_failed_on_chain_fails_with_the_chains_reason() -> None:
    engine = Engine(replace(CALM, execution_failure_rate=1))
    order = sent(engine)
    engine.clock.sleep(10)
    error = engine.closing.close(order.id).events[-1].data["error"]
    assert error["code"] == "transaction_failed"
    assert error["programCode"]
    check(engine)


@pytest.mark.parametrize("life", LIVES)
def test_an_order_that_has_ended_is_left_as_it_is(life: tuple[Status, ...]) -> None:
    engine = Engine()
    order = after(new_order(), *life)
    engine.orders.create(order)
    assert engine.closing.close(order.id) == order == engine.now(order)


def test_an_unknown_order_is_an_error() -> None:
    with pytest.raises(OrderNotFound):
        Engine().closing.close("0198a1b2-7c3d-7e4f-8a5b-000000000000")
