"""The verdict on a run of chaos: every way of breaking a promise is found, and nothing else is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from order_engine.application.ports import OrderTrail, failed_attempts
from order_engine.contracts.events.encoding import event_data
from order_engine.domain.events import Confirmed
from order_engine.domain.order import Order
from tests.chaos.clients import Heard
from tests.chaos.verdict import PROMISES, Evidence, Swap, verdicts
from tests.support.orders import CANCELLED, CONFIRMED, FAILED, after, new_order, transaction

CONFIRMED_ORDER = after(new_order(), *CONFIRMED)
FAILED_ORDER = after(new_order(), *FAILED)
CANCELLED_ORDER = after(new_order(), *CANCELLED)
RECEIPT = CONFIRMED_ORDER.events[-1]
assert isinstance(RECEIPT, Confirmed)
LANDED = Swap(
    RECEIPT.tx_hash,
    RECEIPT.amount_out,
    transaction(after(new_order(CONFIRMED_ORDER.id), *CONFIRMED[:1])).min_amount_out,
)


def heard(order: Order) -> list[Heard]:
    """Return the order's events as its client knows them."""
    return [(event.seq, event.status.value, event.timestamp, event_data(event, order.terms)) for event in order.events]


def evidence(*orders: Order, **changes: Any) -> Evidence:
    """Return what is left of a run in which all went well."""
    counts = Counter(order.status.value for order in orders)
    good = Evidence(
        placed=len(orders),
        accepted=frozenset(order.id for order in orders),
        cancelled=frozenset({CANCELLED_ORDER.id}),
        orders={order.id: order for order in orders},
        history={order.id: OrderTrail(order, tuple(failed_attempts(order))) for order in orders},
        history_counts=counts | {"pending": 0},
        published_counts=counts,
        heard={order.id: heard(order) for order in orders},
        swaps={CONFIRMED_ORDER.id: [LANDED]},
        letters=0,
        given_up=0,
    )
    return replace(good, **changes)


ORDERS = (CONFIRMED_ORDER, FAILED_ORDER, CANCELLED_ORDER)
GOOD = evidence(*ORDERS)
ENDED, ONE, ONCE, ENOUGH, LIVES, STAYS, HISTORY, COUNTS, CLIENTS, GIVEN_UP = PROMISES


def broken(found: Evidence) -> set[str]:
    return {verdict.promise for verdict in verdicts(found) if verdict.broken}


def with_order(order: Order) -> Evidence:
    return evidence(*(order if order.id == good.id else good for good in ORDERS))


def without(mapping: Any, key: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key}


def test_a_good_run_breaks_nothing() -> None:
    assert broken(GOOD) == set()


OPEN = after(new_order(CONFIRMED_ORDER.id), *CONFIRMED[:3])
BACKWARDS = replace(
    FAILED_ORDER,
    events=(*FAILED_ORDER.events[:-1], replace(FAILED_ORDER.events[-1], timestamp=new_order().created_at)),
)
GAP = replace(FAILED_ORDER, events=(*FAILED_ORDER.events[:-1], replace(FAILED_ORDER.events[-1], seq=99)))
LEAP = replace(CANCELLED_ORDER, events=(CANCELLED_ORDER.events[0], replace(CANCELLED_ORDER.events[-1], seq=2)))
LEAP = replace(LEAP, events=(*LEAP.events, replace(CANCELLED_ORDER.events[-1], seq=3)))
SHORT = {CONFIRMED_ORDER.id: [replace(LANDED, min_amount_out=LANDED.amount_out + 1)]}
OLD = OrderTrail(OPEN, ())


@pytest.mark.parametrize(
    ("found", "promises"),
    [
        (replace(with_order(OPEN), swaps={}), {ENDED}),
        (replace(GOOD, accepted=GOOD.accepted | {"lost"}), {ENDED, ONE}),
        (replace(GOOD, placed=2), {ONE}),
        (replace(GOOD, swaps={CONFIRMED_ORDER.id: [LANDED, replace(LANDED, signature="second")]}), {ONCE}),
        (replace(GOOD, swaps={CONFIRMED_ORDER.id: [replace(LANDED, signature="other")]}), {ONCE}),
        (replace(GOOD, swaps={}), {ONCE}),
        (replace(GOOD, swaps={**GOOD.swaps, FAILED_ORDER.id: [LANDED]}), {ONCE, ENOUGH}),
        (replace(GOOD, swaps=SHORT), {ENOUGH}),
        (with_order(BACKWARDS), {LIVES}),
        (with_order(GAP), {LIVES}),
        (with_order(LEAP), {LIVES}),
        (replace(GOOD, cancelled=frozenset({FAILED_ORDER.id})), {STAYS}),
        (replace(GOOD, history=without(GOOD.history, FAILED_ORDER.id)), {HISTORY}),
        (replace(GOOD, history={**GOOD.history, "surplus": GOOD.history[FAILED_ORDER.id]}), {HISTORY}),
        (replace(GOOD, history={**GOOD.history, CONFIRMED_ORDER.id: OLD}), {HISTORY}),
        (replace(GOOD, history={**GOOD.history, FAILED_ORDER.id: OrderTrail(FAILED_ORDER, ())}), {HISTORY}),
        (replace(GOOD, history_counts={**GOOD.history_counts, "failed": 2}), {COUNTS}),
        (replace(GOOD, published_counts={"confirmed": 3}), {COUNTS}),
        (replace(GOOD, heard=without(GOOD.heard, FAILED_ORDER.id)), {CLIENTS}),
        (replace(GOOD, heard={**GOOD.heard, FAILED_ORDER.id: GOOD.heard[FAILED_ORDER.id][:-1]}), {CLIENTS}),
        (replace(GOOD, letters=1), {GIVEN_UP}),
        (replace(GOOD, given_up=1), {GIVEN_UP}),
    ],
)
def test_what_is_broken_is_named(found: Evidence, promises: set[str]) -> None:
    assert broken(found) == promises
