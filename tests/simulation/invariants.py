"""The statements that must always hold (docs/reliability.md), checked at the end of each run.

They know the design and not the code: transitions, evidence and limits are written down here once more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise

from order_engine.application.messages import event_on_the_wire
from order_engine.application.targets import order_id_of
from order_engine.domain.amounts import parse_amount
from order_engine.domain.events import Event, Status
from order_engine.domain.order import Order
from order_engine.domain.swaps import Expired, Landed, Reverted
from order_engine.venues.ledger import Outcome, Record
from order_engine.venues.receipts import recompute
from tests.simulation.promises import Violation
from tests.simulation.watchers import Watcher, known_up_to
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


def check(world: World) -> None:
    """Check all that can be seen in the stores. Raises `Violation`."""
    for order in world.orders.orders.values():
        for statement in (one_swap, life, evidence, amounts, history_agrees):
            statement(world, order)
    keys_are_unique(world)
    promises_are_kept(world)
    writes_are_steps(world)
    counts_agree(world)
    poison_is_visible(world)


def one_swap(world: World, order: Order) -> None:
    """1: at most one swap lands, and (5) none for an order that does not say so."""
    landed = world.ledger.landed(order.id)
    if len(landed) > 1:
        raise Violation(1, f"{len(landed)} swaps landed", order.id)
    if bool(landed) != (order.status is Status.CONFIRMED):
        raise Violation(5, f"{len(landed)} swaps landed, and the order is {order.status}", order.id)


def keys_are_unique(world: World) -> None:
    """1: one order per user and key. (What a client is answered, its actor checks at once.)"""
    orders = defaultdict(set)
    for order_id, command in world.promises.accepted.items():
        if command.idempotency_key:
            orders[command.user_id, command.idempotency_key].add(order_id)
    for key, ids in orders.items():
        if len(ids) > 1:
            raise Violation(1, f"{key} has {len(ids)} orders", min(ids))


def promises_are_kept(world: World) -> None:
    """2: whatever was accepted is there and has ended; 5: what was cancelled is."""
    for order_id in world.promises.accepted:
        order = world.orders.orders.get(order_id)
        if order is None or not order.status.terminal:
            raise Violation(2, f"an accepted order is {order.status if order else 'not there'}", order_id)
    for order_id in world.promises.cancelled:
        if world.orders.orders[order_id].status is not Status.CANCELLED:
            raise Violation(5, "an order whose cancellation was confirmed is not cancelled", order_id)


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
    attempts = sum(event.status is Status.PENDING for event in events)
    if attempts > ATTEMPTS:
        raise Violation(3, f"{attempts} attempts", order.id)


def writes_are_steps(world: World) -> None:
    """3: every write that ever happened added exactly one event to what was there."""
    images: dict[str, tuple[Event, ...]] = {}
    for image in world.order_stream:
        if image.events[:-1] != images.get(image.id, ()):
            raise Violation(3, f"a write of version {image.version} was not a step from the one before", image.id)
        images[image.id] = image.events


def evidence(world: World, order: Order) -> None:
    """3: a terminal state carries its evidence, and a new attempt the proof that the old one is dead."""
    signature, attempt = "", 0
    for event in order.events[1:]:
        if event.status is Status.ROUTING:
            attempt += 1
        elif event.status is Status.BUILDING:
            signature = str(event.data["signature"])
        elif event.status in (Status.SUBMITTED, Status.CONFIRMED):
            if not signature or event.data["txHash"] != signature:
                raise Violation(3, f"{event.status} without its signature stored before", order.id)
        elif event.status in (Status.PENDING, Status.FAILED):
            _gave_up_rightly(world, order, event, signature, attempt)
            signature = ""
    if order.status is Status.CONFIRMED and not isinstance(_record(world, signature).outcome, Landed):
        raise Violation(3, "confirmed, but the chain has no such swap", order.id)


def _gave_up_rightly(world: World, order: Order, event: Event, signature: str, attempt: int) -> None:
    code = event.data["error"]["code"]
    if signature:
        kind = DEAD.get(code)
        if kind is None or not isinstance(_record(world, signature).outcome, kind):
            raise Violation(3, f"given up for {code}, which the chain does not confirm", order.id)
    elif code not in WORTH_A_RETRY | FINAL | {"processing_gave_up"}:
        raise Violation(3, f"given up for {code} without a transaction", order.id)
    once_dead = any(order.id in letter for letter in world.queue.letters)
    if event.status is Status.FAILED and code not in FINAL and attempt < ATTEMPTS and not once_dead:
        raise Violation(3, f"failed for {code} after {attempt} of {ATTEMPTS} attempts", order.id)


def _record(world: World, signature: str) -> Record:
    record = world.ledger.find(signature)
    if record is None:
        raise Violation(3, f"nothing is known of {signature}")
    return record


def amounts(world: World, order: Order) -> None:
    """4: at least the minimum, in integers that the receipt proves."""
    for record in world.ledger.landed(order.id):
        landed = record.outcome
        assert isinstance(landed, Landed)
        quoted = next(event.data for event in reversed(order.events) if event.status is Status.BUILDING)
        token_out = order.terms.token_out
        quote = parse_amount("quotedAmountOut", quoted["quotedAmountOut"], token_out)
        least = max(order.terms.min_amount_out, quote * (10_000 - order.terms.slippage_bps) // 10_000)
        if landed.amount_out < least:
            raise Violation(4, f"{landed.amount_out} is less than {least}", order.id)
        fill = recompute(landed.pool, order.terms.amount_in)
        told = parse_amount("amountOut", order.events[-1].data["amountOut"], token_out)
        if not landed.amount_out == fill.amount_out == told or record.amount_in != order.terms.amount_in:
            raise Violation(4, "the amounts of order, chain and receipt differ", order.id)


def history_agrees(world: World, order: Order) -> None:
    """6: Postgres = the order table."""
    if world.history.orders.get(order.id) != order:
        raise Violation(6, "Postgres has another version of the order", order.id)


def counts_agree(world: World) -> None:
    """6: the published counts are those of the orders."""
    counted = Counter(str(order.status) for order in world.orders.orders.values())
    published = {status: number for status, number in world.counts.read().items() if number}
    if published != counted:
        raise Violation(6, f"the counts say {published}, and there are {dict(counted)}")


def poison_is_visible(world: World) -> None:
    """9: what no worker understands is a dead letter and stays one, also after it was put back."""
    dead = [letter.body for letter in world.queue.dead]
    for poison in world.promises.poison:
        if poison not in dead:
            raise Violation(9, f"{poison!r} has vanished")


def nothing_was_missed(world: World, watcher: Watcher) -> None:
    """6: who has been listening all the time has heard everything, unless `push_updates` gave up on it."""
    excused = {lost.id if isinstance(lost, Order) else lost.target for lost in world.undelivered}
    for target, since in watcher.confirmed.items():
        order_id = order_id_of(target)
        if order_id is None:
            heard_of = (image for image in world.order_stream[since:] if image.user_id == watcher.user)
            missed: Iterable[Order] = (it for it in heard_of if it.version not in watcher.held[it.id])
        else:
            order = world.orders.orders[order_id]
            missed = [order] if known_up_to(watcher.held[order_id]) < order.version else []
        for order in missed:
            if not excused & {order.id, target}:
                raise Violation(6, f"{watcher.name} has missed something of what it listens to", order.id)


def knows_all(world: World, watcher: Watcher) -> None:
    """6: who has resumed knows exactly the order's events; of channels, what happened in its presence."""
    for target in watcher.wanted:
        if order_id := order_id_of(target):
            order = world.orders.orders[order_id]
            if watcher.held[order_id] != {event.seq: event_on_the_wire(event) for event in order.events}:
                raise Violation(6, f"{watcher.name} has resumed and does not know what happened", order_id)
