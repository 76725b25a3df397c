"""The statements about one order's life (docs/reliability.md), checked at the end of each run.

They know the design and not the code: transitions, evidence and limits are written down here once more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from order_engine.adapters.simulated_market.ledger import Outcome, Record
from order_engine.adapters.simulated_market.receipts import recompute
from order_engine.domain.events import (
    Confirmed,
    Event,
    Failed,
    RetryScheduled,
    RoutingStarted,
    Status,
    TransactionSigned,
    TransactionSubmitted,
)
from order_engine.domain.order import Order
from order_engine.domain.swaps import Expired, Landed, Reverted, Transaction
from tests.simulation.promises import Violation
from tests.simulation.world import World

STEPS = {
    "pending": {"routing", "cancelled", "failed"},
    "routing": {"building", "pending", "cancelled", "failed"},
    "building": {"submitted", "pending", "failed"},
    "submitted": {"confirmed", "pending", "failed"},
    "confirmed": set(),
    "failed": set(),
    "cancelled": set(),
}
ATTEMPTS = 4
RETRYABLE = {"quote_unavailable", "simulation_failed", "min_amount_out_not_met"}
DEAD: dict[str, type[Outcome]] = {"transaction_failed": Reverted, "transaction_expired": Expired}
FINAL = {"no_liquidity", "unknown_pair"}
EXECUTED_WITHIN = timedelta(seconds=2)


def one_swap(world: World, order: Order) -> None:
    """1: at most one swap lands, and (5) none for an order that does not say so."""
    landed = world.ledger.landed(order.id)
    if len(landed) > 1:
        raise Violation(1, f"{len(landed)} swaps landed", order.id)
    if bool(landed) != (order.status is Status.CONFIRMED):
        raise Violation(5, f"{len(landed)} swaps landed, and the order is {order.status}", order.id)


def life(_world: World, order: Order) -> None:
    """3: gapless, legal, forward in time, with a bounded number of attempts."""
    events = order.events
    if [event.seq for event in events] != list(range(1, len(events) + 1)):
        raise Violation(3, "`seq` has gaps", order.id)
    for earlier, later in pairwise(events):
        if later.status not in STEPS[earlier.status]:
            raise Violation(3, f"{earlier.status} became {later.status}", order.id)
        if later.timestamp < earlier.timestamp:
            raise Violation(3, f"event {later.seq} is older than the one before", order.id)
        if later.timestamp < _not_before(earlier) and isinstance(later, RoutingStarted):
            raise Violation(3, f"attempt {later.attempt} did not wait for its time", order.id)
    attempts = sum(event.status is Status.PENDING for event in events)
    if attempts > ATTEMPTS:
        raise Violation(3, f"{attempts} attempts", order.id)


def _not_before(event: Event) -> datetime:
    return event.next_attempt_at if isinstance(event, RetryScheduled) else event.timestamp


def evidence(world: World, order: Order) -> None:
    """3: a terminal state carries its evidence, and a new attempt the proof that the old one is dead."""
    signature, attempt = "", 0
    for event in order.events[1:]:
        attempt += event.status is Status.ROUTING
        _is_numbered(order, event, attempt)
        if isinstance(event, TransactionSigned):
            signature = event.transaction.signature
        elif isinstance(event, TransactionSubmitted | Confirmed):
            if not signature or event.tx_hash != signature:
                raise Violation(3, f"{event.status} without its signature stored before", order.id)
        elif isinstance(event, RetryScheduled | Failed):
            _gave_up_rightly(world, order, event, signature, attempt)
            signature = ""
    if order.status is Status.CONFIRMED and not isinstance(_final(world, order.events[-1], signature), Landed):
        raise Violation(3, "confirmed, but the chain has no such swap", order.id)


def _is_numbered(order: Order, event: Event, attempt: int) -> None:
    expected = attempt + (event.status is Status.PENDING)
    told = _attempt_of(event)
    if told not in (None, expected):
        raise Violation(3, f"{event.status} speaks of attempt {told}, and it is {expected}", order.id)


def _attempt_of(event: Event) -> int | None:
    if isinstance(event, TransactionSigned):
        return event.transaction.swap.attempt
    return event.attempts if isinstance(event, Failed) else getattr(event, "attempt", None)


def _gave_up_rightly(world: World, order: Order, event: RetryScheduled | Failed, signature: str, attempt: int) -> None:
    code = event.fault.code
    if signature:
        kind = DEAD.get(code)
        if kind is None or not isinstance(_final(world, event, signature), kind):
            raise Violation(3, f"given up for {code}, which the chain does not confirm", order.id)
    elif code not in RETRYABLE | FINAL | {"processing_gave_up"}:
        raise Violation(3, f"given up for {code} without a transaction", order.id)
    if event.status is Status.PENDING and code in FINAL:
        raise Violation(3, f"tried again after {code}", order.id)
    once_dead = any(order.id in letter for letter in world.queue.letters)
    if event.status is Status.FAILED and code not in FINAL and attempt < ATTEMPTS and not once_dead:
        raise Violation(3, f"failed for {code} after {attempt} of {ATTEMPTS} attempts", order.id)


def _final(world: World, event: Event, signature: str) -> Outcome:
    """Return the outcome that an event relies on: one that was final then."""
    record = _record(world, signature)
    if event.timestamp < record.final_at:
        raise Violation(3, f"{event.status} before the outcome was final", record.order_id)
    return record.outcome


def _record(world: World, signature: str) -> Record:
    record = world.ledger.find(signature)
    if record is None:
        raise Violation(3, f"nothing is known of {signature}")
    return record


def chain_of_attempts(world: World, order: Order) -> None:
    """3: what proves a transaction dead is true: none expires before its time, and none is executed after it."""
    for transaction in _signed(order):
        record = world.ledger.find(transaction.signature)
        if record is None:
            continue
        if isinstance(record.outcome, Expired):
            if record.final_at <= transaction.valid_until:
                raise Violation(3, "expired while it was still valid", order.id)
        elif record.final_at - EXECUTED_WITHIN > transaction.valid_until:
            raise Violation(3, "executed when it was not valid any more", order.id)


def amounts(world: World, order: Order) -> None:
    """4: at least the minimum, in integers that the receipt proves."""
    for record in world.ledger.landed(order.id):
        landed, told = record.outcome, order.events[-1]
        assert isinstance(landed, Landed)
        assert isinstance(told, Confirmed)
        built = _signed(order)[-1]
        tolerated = built.quoted_amount_out * (10_000 - order.terms.slippage_bps) // 10_000
        least = max(order.terms.min_amount_out, tolerated)
        if landed.amount_out < least:
            raise Violation(4, f"{landed.amount_out} is less than {least}", order.id)
        if not record.min_amount_out == built.min_amount_out == least:
            raise Violation(4, f"{least} was the minimum, and {record.min_amount_out} was signed", order.id)
        fill = recompute(landed.pool, order.terms.amount_in)
        if not landed.amount_out == fill.amount_out == told.amount_out:
            raise Violation(4, "the amounts of order, chain and receipt differ", order.id)
        if not landed.fee == fill.fee == told.fee:
            raise Violation(4, "the fees of order, chain and receipt differ", order.id)
        if (record.amount_in, landed.pool) != (order.terms.amount_in, told.pool):
            raise Violation(4, "the order tells of another swap than the chain", order.id)


def _signed(order: Order) -> list[Transaction]:
    return [event.transaction for event in order.events if isinstance(event, TransactionSigned)]


LIFE = (one_swap, life, evidence, chain_of_attempts, amounts)
"""What is to be checked of each order, the worst first."""
