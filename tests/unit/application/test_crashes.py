"""The worker crashes, or a service does not answer, at any call: each order still ends once, with evidence."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from order_engine.adapters.simulated_market.settings import MarketSettings
from order_engine.domain.events import Confirmed, Status
from tests.support.engine import CALM, InMemoryEngine
from tests.support.faults import FAULTS, Crash, Fault, Faults
from tests.support.invariants import check

SOON, LATE = 1.0, 180.0
"""Seconds until the message is redelivered: while the transaction is still valid, and long after."""

faults = st.builds(
    Fault,
    st.integers(1, 60),
    st.booleans(),
    st.sampled_from([error for _, error in FAULTS]),
)


def run(
    planned: list[Fault], redelivered_after: float, market: MarketSettings = CALM, orders: int = 1
) -> tuple[InMemoryEngine, Faults]:
    """Place orders, inject the faults, and work until the queue is empty."""
    struck = Faults(planned)
    engine = InMemoryEngine(market, faults=struck)
    engine.queue.visibility_timeout = redelivered_after
    for _ in range(orders):
        engine.place()
    engine.work()
    check(engine)
    return engine, struck


@pytest.mark.parametrize("redelivered_after", [SOON, LATE])
@pytest.mark.parametrize(("after_effect", "error"), FAULTS)
def test_wherever_a_fault_strikes_the_order_is_swapped_exactly_once(
    after_effect: bool, error: type[BaseException], redelivered_after: float
) -> None:
    for at_call in count(1):
        engine, struck = run([Fault(at_call, after_effect, error)], redelivered_after)
        (order,) = engine.orders.orders.values()
        assert order.status is Status.CONFIRMED
        assert len(engine.ledger.landed(order.id)) == 1
        if at_call > len(struck.calls):  # the whole run went by without it
            assert at_call > 10
            break


@settings(max_examples=300, deadline=None)
@given(st.lists(faults, max_size=8), st.sampled_from([SOON, LATE]), st.sampled_from([0.0, 0.3]))
def test_however_often_faults_strike_several_orders_end_with_evidence(
    planned: list[Fault], redelivered_after: float, rate: float
) -> None:
    unsteady = replace(CALM, quote_failure_rate=rate, simulation_failure_rate=rate, execution_failure_rate=rate)
    engine, _ = run(planned, redelivered_after, unsteady, orders=3)
    assert all(order.attempts <= 4 for order in engine.orders.orders.values())


def test_a_crash_between_sending_and_noting_it_sends_the_same_transaction_again() -> None:
    _, calm = run([], SOON)
    sending = calm.calls.index("submit") + 1
    engine, struck = run([Fault(sending, after_effect=True, error=Crash)], SOON)
    (order,) = engine.orders.orders.values()
    assert struck.calls.count("submit") == 2
    assert order.attempts == 1
    confirmed = order.events[-1]
    assert isinstance(confirmed, Confirmed)
    assert [confirmed.tx_hash] == list(engine.ledger.records)


def test_a_step_that_was_written_though_the_answer_was_lost_is_not_written_twice() -> None:
    _, calm = run([], SOON)
    writes = [number for number, call in enumerate(calm.calls, start=1) if call == "append"]
    for write in writes:
        engine, _ = run([Fault(write, after_effect=True, error=FAULTS[-1][1])], SOON)
        (order,) = engine.orders.orders.values()
        assert order.version == len(writes) + 1
