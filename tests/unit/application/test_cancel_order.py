"""Cancelling an order: as long as nothing can have been sent, and by nobody but its owner."""

from __future__ import annotations

import pytest

from order_engine.application.cancel_order import cancel_order
from order_engine.application.errors import NotTheOwner, OrderNotFound, TooLateToCancel
from order_engine.application.identity import ANYONE, Caller
from order_engine.application.read_order import read_order
from order_engine.domain.events import Cancelled, Status
from tests.support.callers import ALICE, BOB
from tests.support.engine import InMemoryEngine
from tests.support.orders import CONFIRMED, FAILED, RETRIED, after, new_order

S = Status


@pytest.mark.parametrize("steps", [(), (S.ROUTING,), RETRIED[:2]])
@pytest.mark.parametrize("caller", [ALICE, ANYONE])
def test_an_order_without_a_transaction_is_cancelled(steps: tuple[Status, ...], caller: Caller) -> None:
    engine = InMemoryEngine()
    order = after(engine.place(user_id="alice"), *steps)
    engine.orders.orders[order.id] = order
    cancelled = cancel_order(engine.orders, engine.clock, order.id, caller)
    assert (cancelled.status, cancelled.version) == (S.CANCELLED, order.version + 1)
    assert cancelled.events[-1] == Cancelled(cancelled.version, order.updated_at, by="alice")
    assert engine.now(order) == cancelled


@pytest.mark.parametrize("steps", [CONFIRMED[:2], CONFIRMED[:3], CONFIRMED, FAILED])
def test_it_is_too_late_once_a_transaction_is_signed_or_the_order_has_ended(steps: tuple[Status, ...]) -> None:
    engine = InMemoryEngine()
    order = after(new_order(), *steps)
    engine.orders.create(order)
    with pytest.raises(TooLateToCancel, match=f"is {order.status}"):
        engine.cancel(order)
    assert engine.now(order) == order


def test_a_cancelled_order_stays_as_it_is() -> None:
    engine = InMemoryEngine()
    order = engine.place()
    assert engine.cancel(order) == engine.cancel(order)
    assert engine.now(order).version == 2


def test_a_cancelled_order_is_not_executed() -> None:
    engine = InMemoryEngine()
    order = engine.place()
    engine.cancel(order)
    assert engine.settle(order).status is S.CANCELLED
    assert engine.ledger.records == {}


def test_somebody_elses_order_looks_like_an_unknown_one() -> None:
    engine = InMemoryEngine()
    order = engine.place(user_id="alice")
    with pytest.raises(NotTheOwner, match=f"There is no order {order.id}"):
        cancel_order(engine.orders, engine.clock, order.id, BOB)
    with pytest.raises(NotTheOwner, match=f"There is no order {order.id}"):
        read_order(engine.orders, order.id, BOB)
    assert engine.now(order) == order


def test_an_unknown_order_is_an_error() -> None:
    engine = InMemoryEngine()
    with pytest.raises(OrderNotFound):
        cancel_order(engine.orders, engine.clock, "0198a1b2-7c3d-7e4f-8a5b-000000000000", ANYONE)


def test_the_owner_reads_the_order_and_so_does_everybody_where_authentication_is_off() -> None:
    engine = InMemoryEngine()
    order = engine.place(user_id="alice")
    assert read_order(engine.orders, order.id, ALICE) == read_order(engine.orders, order.id, ANYONE) == order
