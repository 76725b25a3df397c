"""The steps of an order: legal ones make the event that tells of them, all others are refused."""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from order_engine.domain.errors import IllegalTransition
from order_engine.domain.events import (
    Accepted,
    Cancelled,
    Confirmed,
    Event,
    Failed,
    RetryScheduled,
    RoutingStarted,
    Status,
    TransactionSigned,
    TransactionSubmitted,
)
from order_engine.domain.order import TRANSITIONS, Order
from order_engine.domain.swaps import Landed
from tests.support.orders import REVERTED, START, STEP, VENUES, after, new_order, quotes, terms, transaction
from tests.unit.domain.order_steps import DELAY, FAULT, LANDED, REFUSALS, STEPS, order_in

S = Status
LEGAL = {
    *((S.PENDING, status) for status in (S.ROUTING, S.CANCELLED, S.FAILED)),
    *((S.ROUTING, status) for status in (S.BUILDING, S.PENDING, S.CANCELLED, S.FAILED)),
    *((S.BUILDING, status) for status in (S.SUBMITTED, S.PENDING, S.FAILED)),
    *((S.SUBMITTED, status) for status in (S.CONFIRMED, S.PENDING, S.FAILED)),
}
"""Written out once more, so that a slip in the table shows."""
ILLEGAL = set(product(Status, Status)) - LEGAL
NEED_A_TRANSACTION = (S.SUBMITTED, S.CONFIRMED)


def expected(order: Order, status: Status, at: datetime) -> Event:
    """Return the event that the step to this status is to make, with all that it says."""
    seq, attempt, signed = order.version + 1, order.attempt, order.transaction or transaction(order)
    events: dict[Status, Event] = {
        S.PENDING: RetryScheduled(seq, at, attempt + 1, DELAY, at + timedelta(seconds=DELAY), FAULT),
        S.ROUTING: RoutingStarted(seq, at, attempt, VENUES),
        S.BUILDING: TransactionSigned(seq, at, signed, tuple(quotes(order)), REFUSALS, "why"),
        S.SUBMITTED: TransactionSubmitted(seq, at, attempt, signed.venue, signed.signature),
        S.CONFIRMED: Confirmed(
            seq=seq,
            timestamp=at,
            attempt=attempt,
            venue=signed.venue,
            tx_hash=signed.signature,
            amount_out=LANDED.amount_out,
            executed_price="149.333333333",  # 224 USDC for 1.5 SOL
            fee=LANDED.fee,
            price_impact=LANDED.price_impact,
            slippage_bps="44.44",  # 225 USDC were quoted
            pool=LANDED.pool,
        ),
        S.FAILED: Failed(seq, at, FAULT, order.attempts),
        S.CANCELLED: Cancelled(seq, at, "alice"),
    }
    return events[status]


def test_the_table_holds_the_legal_steps_and_no_others() -> None:
    assert {(now, then) for now, following in TRANSITIONS.items() for then in following} == LEGAL


def test_every_step_of_an_order_is_tried_here() -> None:
    methods = inspect.getmembers(Order, inspect.isfunction)
    steps = [name for name, method in methods if "at" in inspect.signature(method).parameters and name[0] != "_"]
    assert len(steps) == len(STEPS) == len(Status)


@pytest.mark.parametrize(("now", "then"), sorted(LEGAL))
def test_a_legal_step_makes_its_event_and_changes_no_other(now: Status, then: Status) -> None:
    order = order_in(now)
    at = order.updated_at + STEP
    stepped = STEPS[then](order, at)
    event = stepped.events[-1]
    assert event == expected(order, then, at)
    assert (type(event), stepped.status) == (type(expected(order, then, at)), then)
    assert stepped == replace(order, events=(*order.events, event))


@pytest.mark.parametrize(("now", "then"), sorted(ILLEGAL))
def test_any_other_step_is_refused(now: Status, then: Status) -> None:
    order = order_in(now)
    with pytest.raises(IllegalTransition, match=f"order {order.id}: {now} can't become {then}"):
        STEPS[then](order, START)


def test_the_first_event_is_the_acceptance() -> None:
    ordered = terms("2.50")
    order = Order.accepted("0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b", "alice", ordered, START, "mine", "request-1")
    assert order.events == (Accepted(1, START, "alice", ordered, "request-1"),)
    assert (order.status, order.client_order_id) == (S.PENDING, "mine")


@pytest.mark.parametrize("then", NEED_A_TRANSACTION)
@pytest.mark.parametrize("steps", [REVERTED[:4], REVERTED[:5]])
def test_the_transaction_of_an_earlier_attempt_is_not_submitted_or_confirmed(
    steps: tuple[Status, ...], then: Status
) -> None:
    with pytest.raises(IllegalTransition, match=f"can't become {then}"):
        STEPS[then](after(new_order(), *steps), START)


def test_without_a_signed_transaction_nothing_is_confirmed_though_the_status_allows_it() -> None:
    order = order_in(S.SUBMITTED)
    unsigned = replace(order, events=tuple(event for event in order.events if event.status is not S.BUILDING))
    assert (unsigned.status, unsigned.transaction) == (S.SUBMITTED, None)
    with pytest.raises(IllegalTransition, match="no transaction is signed"):
        unsigned.confirm(LANDED, START)


@pytest.mark.parametrize(("now", "then"), sorted(LEGAL))
def test_time_does_not_run_backwards_even_if_a_clock_does(now: Status, then: Status) -> None:
    order = order_in(now)
    assert STEPS[then](order, order.updated_at - timedelta(hours=1)).updated_at == order.updated_at
    later = order.updated_at + timedelta(seconds=1)
    assert STEPS[then](order, later).updated_at == later


@given(st.floats(0, 1e6), st.integers(0, 10**11))
def test_when_a_retry_is_due_is_known_in_whole_milliseconds(delay: float, milliseconds: int) -> None:
    at = START + timedelta(milliseconds=milliseconds)
    order = after(new_order(at=at - STEP), S.ROUTING).retry(FAULT, delay, at)
    (*_, retry) = order.events
    assert isinstance(retry, RetryScheduled)
    assert retry.delay == round(delay, 3)
    assert retry.next_attempt_at.microsecond % 1000 == 0
    assert retry.next_attempt_at - at == timedelta(milliseconds=round(retry.delay * 1000))
    assert order.next_attempt_at == retry.next_attempt_at


@pytest.mark.parametrize(
    ("amount_out", "price", "slippage_bps"),
    [
        (299_700_000, "149.85", "10"),
        (300_300_000, "150.15", "-10"),
        (300_000_001, "150.0000005", "0"),
    ],
)
def test_the_receipt_has_the_executed_price_and_how_far_it_slipped(
    amount_out: int, price: str, slippage_bps: str
) -> None:
    order = after(new_order(what=terms("2")), S.ROUTING)
    signed = replace(transaction(order), quoted_amount_out=300_000_000, min_amount_out=297_000_000)
    submitted = order.sign(signed, tuple(quotes(order)), (), "why", START).submit(START)
    receipt = submitted.confirm(Landed(amount_out, 5_000_000, "0.0001", {"curve": "constantProduct"}), START).events[-1]
    assert isinstance(receipt, Confirmed)
    assert (receipt.amount_out, receipt.executed_price, receipt.slippage_bps) == (amount_out, price, slippage_bps)
    assert (receipt.fee, receipt.price_impact, receipt.tx_hash) == (5_000_000, "0.0001", signed.signature)
    assert receipt.pool == {"curve": "constantProduct"}
