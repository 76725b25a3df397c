"""What goes wrong on the way is tried again if that may help, as often as allowed, and told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from order_engine.application.execute_order import LookAgain
from order_engine.application.retries import RetryPolicy
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from tests.support.engine import CALM, RETRIES, Engine
from tests.support.invariants import check
from tests.support.orders import statuses, terms

S = Status
FAILING = {
    "quote_unavailable": replace(CALM, quote_failure_rate=1),
    "simulation_failed": replace(CALM, simulation_failure_rate=1),
    "transaction_failed": replace(CALM, execution_failure_rate=1),
}


def retries(order: Order) -> list[Any]:
    return [event.data for event in order.events[1:] if event.status is S.PENDING]


@pytest.mark.parametrize("code", FAILING)
@pytest.mark.parametrize("allowed", [0, 1, 3])
def test_a_failure_is_tried_again_as_often_as_allowed_and_then_told(code: str, allowed: int) -> None:
    engine = Engine(FAILING[code], RetryPolicy(allowed, 1.0))
    order = engine.settle(engine.submit())
    assert order.status is S.FAILED
    assert order.events[-1].data["attempts"] == allowed + 1
    assert order.events[-1].data["error"]["code"] == code
    assert [retry["attempt"] for retry in retries(order)] == list(range(2, allowed + 2))
    assert [retry["error"]["code"] for retry in retries(order)] == [code] * allowed
    check(engine)


@pytest.mark.parametrize("code", FAILING)
def test_an_order_recovers_when_the_venue_does(code: str) -> None:
    engine = Engine(FAILING[code])
    order = engine.submit()
    assert isinstance(engine.execution.execute(order.id, engine.deadline()), LookAgain)
    engine.settings = CALM
    order = engine.settle(order)
    assert (order.status, order.attempts) == (S.CONFIRMED, 2)
    check(engine)


def test_pauses_double_and_no_attempt_begins_early() -> None:
    engine = Engine(FAILING["quote_unavailable"])
    order = engine.settle(engine.submit())
    pauses = [(pending, routing) for pending, routing in pairwise(order.events) if "delaySeconds" in pending.data]
    assert len(pauses) == 3
    for doubled, (pending, routing) in enumerate(pauses):
        delay = pending.data["delaySeconds"]
        assert 2**doubled <= delay <= 2**doubled * 1.25
        assert routing.timestamp >= pending.timestamp + timedelta(seconds=delay)


def test_a_retry_that_is_not_due_is_left_alone_until_it_is() -> None:
    engine = Engine(FAILING["quote_unavailable"])
    order = engine.submit()
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
def test_what_another_attempt_would_not_help_fails_at_once(what: Any, code: str) -> None:
    engine = Engine()
    order = engine.settle(engine.submit(what))
    assert statuses(order) == [S.PENDING, S.ROUTING, S.FAILED]
    assert order.events[-1].data["error"]["code"] == code
    assert order.events[-1].data["attempts"] == 1
    check(engine)


def test_a_limit_that_no_quote_meets_is_tried_again_and_then_told() -> None:
    engine = Engine()
    order = engine.settle(engine.submit(terms("1", min_amount_out="200")))
    assert (order.status, order.attempts, order.transaction) == (S.FAILED, 4, None)
    assert order.events[-1].data["error"]["code"] == "min_amount_out_not_met"


def test_one_venue_without_a_quote_does_not_stop_the_order() -> None:
    engine = Engine(replace(CALM, quote_failure_rate=0.5))
    orders = [engine.submit() for _ in range(20)]
    engine.work()
    building = [event.data for order in orders for event in engine.now(order).events if event.status is S.BUILDING]
    partly = [data for data in building if any("error" in quote for quote in data["quotes"])]
    assert partly
    for data in partly:
        (refused,) = [quote for quote in data["quotes"] if "error" in quote]
        assert refused["error"]["code"] == "quote_unavailable"
        assert data["venue"] != refused["venue"]
    check(engine)


def test_a_slippage_beyond_the_tolerance_reverts_and_is_tried_again() -> None:
    engine = Engine()
    orders = [engine.submit(terms(slippage="0")) for _ in range(20)]
    engine.work()
    errors = [retry["error"] for order in orders for retry in retries(engine.now(order))]
    assert {(error["venue"], error["programCode"]) for error in errors} == {("raydium", 6005), ("meteora", 6003)}
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
    engine = Engine(FAILING["quote_unavailable"], RetryPolicy(3, 0.0))
    order = engine.submit()
    assert engine.execution.execute(order.id, engine.deadline()).order.status is S.FAILED
