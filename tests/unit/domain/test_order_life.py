"""The order: only legal steps, numbered without gaps, in time's order."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import timedelta
from itertools import product

import pytest

from order_engine.domain.errors import IllegalTransition
from order_engine.domain.events import Status
from order_engine.domain.order import CANCELLABLE, OVERDUE_AFTER, TRANSITIONS, Order, Terms
from tests.support.orders import CONFIRMED, FAILED, RETRIED, REVERTED, START, after, new_order, terms

S = Status
LEGAL = {
    *((S.PENDING, status) for status in (S.ROUTING, S.CANCELLED, S.FAILED)),
    *((S.ROUTING, status) for status in (S.BUILDING, S.PENDING, S.CANCELLED, S.FAILED)),
    *((S.BUILDING, status) for status in (S.SUBMITTED, S.PENDING, S.FAILED)),
    *((S.SUBMITTED, status) for status in (S.CONFIRMED, S.PENDING, S.FAILED)),
}
"""Written out once more, so that a slip in the table shows."""
WAYS = {
    S.PENDING: (),
    S.ROUTING: (S.ROUTING,),
    S.BUILDING: (S.ROUTING, S.BUILDING),
    S.SUBMITTED: (S.ROUTING, S.BUILDING, S.SUBMITTED),
    S.CONFIRMED: CONFIRMED,
    S.FAILED: FAILED,
    S.CANCELLED: (S.CANCELLED,),
}
"""How an order gets into each status."""


def order_in(status: Status) -> Order:
    return after(new_order(), *WAYS[status])


@pytest.mark.parametrize(("now", "then"), list(product(Status, Status)))
def test_a_step_is_taken_if_it_is_legal_and_refused_otherwise(now: Status, then: Status) -> None:
    order = order_in(now)
    if (now, then) in LEGAL:
        assert order.then(then, {}, START).status is then
    else:
        with pytest.raises(IllegalTransition, match=f"{now} can't become {then}"):
            order.then(then, {}, START)


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


def test_time_does_not_run_backwards_even_if_a_clock_does() -> None:
    order = new_order().then(S.ROUTING, {}, START - timedelta(hours=1))
    assert order.updated_at == START
    assert order.then(S.CANCELLED, {}, START + timedelta(seconds=1)).updated_at == START + timedelta(seconds=1)


def test_a_step_gives_a_new_order_and_leaves_the_old_one_alone() -> None:
    order = new_order()
    assert order.then(S.ROUTING, {}, START) is not order
    assert (order.status, order.version) == (S.PENDING, 1)
    with pytest.raises(FrozenInstanceError):
        order.user_id = "mallory"  # type: ignore[misc]


def test_attempts_are_counted_by_the_orders_own_events() -> None:
    order = new_order()
    assert (order.attempt, order.attempts) == (1, 0)
    assert (after(order, S.ROUTING).attempt, after(order, S.ROUTING).attempts) == (1, 1)
    retried = after(order, *RETRIED[:2])
    assert (retried.attempt, retried.attempts, retried.swap.attempt) == (2, 1, 2)
    assert after(order, *FAILED).attempts == 4


def test_a_retry_says_when_it_is_due() -> None:
    order = after(new_order(), S.ROUTING)
    assert order.next_attempt_at is None
    retried = after(order, S.PENDING)
    assert retried.next_attempt_at == order.updated_at + timedelta(seconds=1)
    assert after(retried, S.ROUTING).next_attempt_at is None


@pytest.mark.parametrize("status", Status)
def test_there_is_a_transaction_from_building_on(status: Status) -> None:
    assert (order_in(status).transaction is not None) == (S.BUILDING in WAYS[status])


def test_the_transaction_stays_the_one_that_was_signed() -> None:
    signed = after(new_order(), *WAYS[S.BUILDING])
    for status in (S.SUBMITTED, S.CONFIRMED):
        step = after(signed, *CONFIRMED[2 : CONFIRMED.index(status) + 1])
        assert (step.status, step.transaction) == (status, signed.transaction)


def test_a_retry_has_no_transaction_until_it_is_signed_anew() -> None:
    reverted = after(new_order(), *REVERTED[:4])
    assert (reverted.status, reverted.transaction) == (S.PENDING, None)
    again = after(reverted, S.ROUTING, S.BUILDING)
    assert again.transaction is not None
    assert again.transaction.swap.attempt == 2


def test_a_transaction_whose_minimum_rounds_to_nothing_can_be_read_back() -> None:
    """One base unit out, less 1 %, is no unit at all: such an order must not get stuck."""
    order = after(new_order(what=terms("0.000000008")), S.ROUTING, S.BUILDING)
    assert order.transaction is not None
    assert order.transaction.quoted_amount_out == 1
    assert order.transaction.min_amount_out == 0


def test_the_sweeper_looks_after_an_order_a_minute_after_it_was_placed() -> None:
    assert after(new_order(), *RETRIED[:2]).due_at == START + OVERDUE_AFTER == START + timedelta(seconds=60)


def test_the_least_amount_out_is_the_stricter_of_slippage_and_limit() -> None:
    assert terms(slippage="0.01").least_out(10_000) == 9_900
    assert terms(slippage="0.01", min_amount_out="0.0095").least_out(10_000) == 9_900
    assert terms(slippage="0.01", min_amount_out="0.00995").least_out(10_000) == 9_950


def test_terms_agree_however_they_were_written() -> None:
    assert terms("1", slippage="0.01").agrees_with(terms("1.0", slippage="1e-2"))


@pytest.mark.parametrize(
    "other",
    [
        terms("1.6"),
        terms(slippage="0.02"),
        terms(min_amount_out="1"),
        terms(token_in="mSOL"),
        terms(token_out="USDT"),
        replace(terms(), order_type="limit"),
    ],
)
def test_terms_that_mean_something_else_do_not_agree(other: Terms) -> None:
    assert not terms().agrees_with(other)
