"""A failed attempt is retried where that may help, as often as allowed; each failure is recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from order_engine.application.execute_order import LookAgain
from order_engine.application.retries import RetryPolicy
from order_engine.domain.events import Failed, RetryScheduled, Status, TransactionSigned
from order_engine.domain.order import Order
from order_engine.domain.terms import Terms
from tests.support.engine import CALM, RETRIES, InMemoryEngine
from tests.support.invariants import check
from tests.support.orders import statuses, terms

S = Status
FAILING = {
    "quote_unavailable": replace(CALM, quote_failure_rate=1),
    "simulation_failed": replace(CALM, simulation_failure_rate=1),
    "transaction_failed": replace(CALM, execution_failure_rate=1),
}


def retries(order: Order) -> list[RetryScheduled]:
    return [event for event in order.events if isinstance(event, RetryScheduled)]


def failure(order: Order) -> Failed:
    """Return the event with which the order failed."""
    last = order.events[-1]
    assert isinstance(last, Failed)
    return last


@pytest.mark.parametrize("code", FAILING)
@pytest.mark.parametrize("allowed", [0, 1, 3])
def test_a_failure_is_retried_as_often_as_allowed_and_then_final(code: str, allowed: int) -> None:
    engine = InMemoryEngine(FAILING[code], RetryPolicy(allowed, 1.0))
    order = engine.settle(engine.place())
    assert order.status is S.FAILED
    assert failure(order).attempts == allowed + 1
    assert failure(order).fault.code == code
    assert [retry.attempt for retry in retries(order)] == list(range(2, allowed + 2))
    assert [retry.fault.code for retry in retries(order)] == [code] * allowed
    check(engine)


@pytest.mark.parametrize("code", FAILING)
def test_an_order_recovers_when_the_venue_does(code: str) -> None:
    engine = InMemoryEngine(FAILING[code])
    order = engine.place()
    assert isinstance(engine.execution.execute(order.id, engine.deadline()), LookAgain)
    engine.ports.market = CALM
    order = engine.settle(order)
    assert (order.status, order.attempts) == (S.CONFIRMED, 2)
    check(engine)


def test_pauses_double_and_no_attempt_begins_early() -> None:
    engine = InMemoryEngine(FAILING["quote_unavailable"])
    order = engine.settle(engine.place())
    pauses = [(retry, routing) for retry, routing in pairwise(order.events) if isinstance(retry, RetryScheduled)]
    assert len(pauses) == 3
    for doubled, (retry, routing) in enumerate(pauses):
        assert 2**doubled <= retry.delay <= 2**doubled * 1.25
        assert routing.timestamp >= retry.timestamp + timedelta(seconds=retry.delay)


def test_a_retry_that_is_not_due_is_left_alone_until_it_is() -> None:
    engine = InMemoryEngine(FAILING["quote_unavailable"])
    order = engine.place()
    first = engine.execution.execute(order.id, engine.deadline())
    assert isinstance(first, LookAgain)
    engine.clock.sleep(0.25)
    early = engine.execution.execute(order.id, engine.deadline())
    assert isinstance(early, LookAgain)
    assert early.order == first.order
    assert early.after == pytest.approx(first.after - 0.25)


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (terms("100", "RAY", "JUP"), "unknown_pair"),
        (terms("100", "BONK", "mSOL"), "unknown_pair"),
        (terms("0.000000001"), "no_liquidity"),
        (terms("10000000"), "no_liquidity"),
    ],
)
def test_what_another_attempt_would_not_help_fails_at_once(what: Terms, code: str) -> None:
    engine = InMemoryEngine()
    order = engine.settle(engine.place(what))
    assert statuses(order) == [S.PENDING, S.ROUTING, S.FAILED]
    assert failure(order).fault.code == code
    assert failure(order).attempts == 1
    check(engine)


def test_a_limit_that_no_quote_meets_is_retried_and_then_final() -> None:
    engine = InMemoryEngine()
    order = engine.settle(engine.place(terms("1", min_amount_out="200")))
    assert (order.status, order.attempts, order.transaction) == (S.FAILED, 4, None)
    assert failure(order).fault.code == "min_amount_out_not_met"


def test_one_venue_without_a_quote_does_not_stop_the_order() -> None:
    engine = InMemoryEngine(replace(CALM, quote_failure_rate=0.5))
    orders = [engine.place() for _ in range(20)]
    engine.work()
    signed = [event for order in orders for event in engine.now(order).events if isinstance(event, TransactionSigned)]
    with_one_quote = [event for event in signed if event.refusals]
    assert with_one_quote
    for event in with_one_quote:
        (refusal,) = event.refusals
        assert refusal.fault.code == "quote_unavailable"
        assert event.transaction.venue != refusal.venue
    check(engine)


def test_a_slippage_beyond_the_tolerance_reverts_and_is_retried() -> None:
    engine = InMemoryEngine()
    orders = [engine.place(terms(slippage="0")) for _ in range(20)]
    engine.work()
    faults = [retry.fault for order in orders for retry in retries(engine.now(order))]
    assert {(fault.venue, fault.program_code) for fault in faults} == {("raydium", 6005), ("meteora", 6003)}
    check(engine)


@pytest.mark.parametrize(("attempt", "allowed"), [(1, True), (3, True), (4, False)])
def test_attempts_are_limited(attempt: int, allowed: bool) -> None:
    assert RETRIES.allows_after(attempt) is allowed


@pytest.mark.parametrize(
    ("attempt", "jitter", "seconds"), [(1, 0.0, 1.0), (2, 0.0, 2.0), (3, 0.0, 4.0), (1, 1.0, 1.25), (3, 0.5, 4.5)]
)
def test_a_pause_doubles_with_each_attempt_and_grows_by_the_jitter(attempt: int, jitter: float, seconds: float) -> None:
    assert RETRIES.delay_after(attempt, jitter) == seconds


def test_without_a_base_delay_retries_follow_at_once() -> None:
    engine = InMemoryEngine(FAILING["quote_unavailable"], RetryPolicy(3, 0.0))
    order = engine.place()
    assert engine.execution.execute(order.id, engine.deadline()).order.status is S.FAILED
