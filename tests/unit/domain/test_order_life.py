"""The order: events numbered without gaps, and what follows from them."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import timedelta

import pytest

from order_engine.domain.events import Status
from order_engine.domain.order import CANCELLABLE, OVERDUE_AFTER, TRANSITIONS
from tests.support.orders import CONFIRMED, FAILED, RETRIED, REVERTED, START, VENUES, after, new_order, terms
from tests.unit.domain.order_steps import PATHS, order_in

S = Status


def test_an_order_may_be_cancelled_until_its_transaction_is_signed() -> None:
    assert {S.PENDING, S.ROUTING} == CANCELLABLE


@pytest.mark.parametrize("status", Status)
def test_terminal_is_what_nothing_can_follow(status: Status) -> None:
    assert status.terminal == (not TRANSITIONS[status])
    assert status.terminal == (status in (S.CONFIRMED, S.FAILED, S.CANCELLED))


def test_events_are_numbered_from_one_without_gaps() -> None:
    order = after(new_order(), *REVERTED)
    assert [event.seq for event in order.events] == list(range(1, 1 + 1 + len(REVERTED)))
    assert order.version == order.events[-1].seq


def test_a_step_returns_a_new_order_and_leaves_the_old_one_alone() -> None:
    order = new_order()
    assert order.start_routing(VENUES, START) is not order
    assert (order.status, order.version) == (S.PENDING, 1)
    with pytest.raises(FrozenInstanceError):
        order.user_id = "mallory"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        order.acceptance.user_id = "mallory"  # type: ignore[misc]


def test_what_an_order_is_follows_from_its_acceptance() -> None:
    ordered = terms("2.50")
    order = after(new_order(user_id="bob", what=ordered, client_order_id="mine", correlation_id="request-1"), *RETRIED)
    assert (order.user_id, order.terms, order.created_at) == ("bob", ordered, START)
    assert (order.client_order_id, order.correlation_id) == ("mine", "request-1")


def test_attempts_are_counted_by_the_orders_own_events() -> None:
    order = new_order()
    assert (order.attempt, order.attempts) == (1, 0)
    assert (after(order, S.ROUTING).attempt, after(order, S.ROUTING).attempts) == (1, 1)
    retried = after(order, *RETRIED[:2])
    assert (retried.attempt, retried.attempts, retried.swap.attempt) == (2, 1, 2)
    assert after(order, *FAILED).attempts == 4


def test_a_scheduled_retry_says_when_it_is_due() -> None:
    order = after(new_order(), S.ROUTING)
    assert order.next_attempt_at is None
    retried = after(order, S.PENDING)
    assert retried.next_attempt_at == retried.updated_at + timedelta(seconds=1)
    assert after(retried, S.ROUTING).next_attempt_at is None


@pytest.mark.parametrize("status", Status)
def test_there_is_a_transaction_from_building_on(status: Status) -> None:
    assert (order_in(status).transaction is not None) == (S.BUILDING in PATHS[status])


def test_the_transaction_stays_the_one_that_was_signed() -> None:
    signed = after(new_order(), *PATHS[S.BUILDING])
    for status in (S.SUBMITTED, S.CONFIRMED):
        step = after(signed, *CONFIRMED[2 : CONFIRMED.index(status) + 1])
        assert (step.status, step.transaction) == (status, signed.transaction)


def test_a_retry_has_no_transaction_until_it_is_signed_anew() -> None:
    reverted = after(new_order(), *REVERTED[:4])
    assert (reverted.status, reverted.transaction) == (S.PENDING, None)
    again = after(reverted, S.ROUTING, S.BUILDING)
    assert again.transaction is not None
    assert again.transaction.swap.attempt == 2


def test_the_sweeper_looks_after_an_order_a_minute_after_it_was_placed() -> None:
    assert after(new_order(), *RETRIED[:2]).due_at == START + OVERDUE_AFTER == START + timedelta(seconds=60)
