"""The statements about one order's life (docs/reliability.md), checked at the end of each run.

They know the design and not the code: transitions, evidence and limits are written down here once more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from order_engine.domain.events import Event, Status
from order_engine.domain.order import Order
from order_engine.domain.swaps import Expired, Landed, Reverted
from order_engine.domain.tokens import Token
from order_engine.venues.ledger import Outcome, Record
from order_engine.venues.receipts import recompute
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
WORTH_A_RETRY = {"quote_unavailable", "simulation_failed", "min_amount_out_not_met"}
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
        if later.timestamp < _moment(earlier.data.get("nextAttemptAt")) and later.status is Status.ROUTING:
            raise Violation(3, f"attempt {later.data['attempt']} did not wait for its time", order.id)
    attempts = sum(event.status is Status.PENDING for event in events)
    if attempts > ATTEMPTS:
        raise Violation(3, f"{attempts} attempts", order.id)


def evidence(world: World, order: Order) -> None:
    """3: a terminal state carries its evidence, and a new attempt the proof that the old one is dead."""
    signature, attempt = "", 0
    for event in order.events[1:]:
        attempt += event.status is Status.ROUTING
        _is_numbered(order, event, attempt)
        if event.status is Status.BUILDING:
            signature = str(event.data["signature"])
        elif event.status in (Status.SUBMITTED, Status.CONFIRMED):
            if not signature or event.data["txHash"] != signature:
                raise Violation(3, f"{event.status} without its signature stored before", order.id)
        elif event.status in (Status.PENDING, Status.FAILED):
            _gave_up_rightly(world, order, event, signature, attempt)
            signature = ""
    if order.status is Status.CONFIRMED and not isinstance(_final(world, order.events[-1], signature), Landed):
        raise Violation(3, "confirmed, but the chain has no such swap", order.id)


def _is_numbered(order: Order, event: Event, attempt: int) -> None:
    expected = attempt + (event.status is Status.PENDING)
    told = event.data.get("attempts" if event.status is Status.FAILED else "attempt", expected)
    if told != expected:
        raise Violation(3, f"{event.status} speaks of attempt {told}, and it is {expected}", order.id)


def _gave_up_rightly(world: World, order: Order, event: Event, signature: str, attempt: int) -> None:
    code = event.data["error"]["code"]
    if signature:
        kind = DEAD.get(code)
        if kind is None or not isinstance(_final(world, event, signature), kind):
            raise Violation(3, f"given up for {code}, which the chain does not confirm", order.id)
    elif code not in WORTH_A_RETRY | FINAL | {"processing_gave_up"}:
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
    for event in order.events:
        record = world.ledger.find(event.data.get("signature", ""))
        if record is None:
            continue
        valid_until = _moment(event.data["validUntil"])
        if isinstance(record.outcome, Expired):
            if record.final_at <= valid_until:
                raise Violation(3, "expired while it was still valid", order.id)
        elif record.final_at - EXECUTED_WITHIN > valid_until:
            raise Violation(3, "executed when it was not valid any more", order.id)


def amounts(world: World, order: Order) -> None:
    """4: at least the minimum, in integers that the receipt proves."""
    for record in world.ledger.landed(order.id):
        landed = record.outcome
        assert isinstance(landed, Landed)
        built = next(event.data for event in reversed(order.events) if event.status is Status.BUILDING)
        token_out = order.terms.token_out
        tolerated = _units(built["quotedAmountOut"], token_out) * (10_000 - order.terms.slippage_bps) // 10_000
        least = max(order.terms.min_amount_out, tolerated)
        if landed.amount_out < least:
            raise Violation(4, f"{landed.amount_out} is less than {least}", order.id)
        if not record.min_amount_out == _units(built["minAmountOut"], token_out) == least:
            raise Violation(4, f"{least} was the minimum, and {record.min_amount_out} was signed", order.id)
        fill, told = recompute(landed.pool, order.terms.amount_in), order.events[-1].data
        if not landed.amount_out == fill.amount_out == _units(told["amountOut"], token_out):
            raise Violation(4, "the amounts of order, chain and receipt differ", order.id)
        if not landed.fee == fill.fee == _units(told["fee"], order.terms.token_in):
            raise Violation(4, "the fees of order, chain and receipt differ", order.id)
        if (record.amount_in, landed.pool) != (order.terms.amount_in, told["pool"]):
            raise Violation(4, "the order tells of another swap than the chain", order.id)


def _units(text: str, token: Token) -> int:
    units = Decimal(text).scaleb(token.decimals)
    if units != int(units):
        raise Violation(4, f"{text} {token.symbol} is no whole number of base units")
    return int(units)


def _moment(text: str | None) -> datetime:
    return datetime.fromisoformat(text or "0001-01-01T00:00:00Z")


LIFE = (one_swap, life, evidence, chain_of_attempts, amounts)
"""What is to be checked of each order, the worst first."""
