"""What must hold in the end: the promises of docs/reliability.md, checked on what is stored and heard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from order_engine.application.ports import OrderTrail, failed_attempts
from order_engine.contracts.views import event_view
from order_engine.domain.events import Confirmed, Event, Status
from order_engine.domain.order import TRANSITIONS, Order
from tests.chaos.clients import Heard


@dataclass(frozen=True, slots=True)
class Swap:
    """A swap that landed on the chain; amounts in base units of the token out."""

    signature: str
    amount_out: int
    min_amount_out: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a run has left.

    Args:
        placed: how many different orders the clients wanted.
        accepted: the orders that a client was told of.
        cancelled: those whose cancellation was confirmed to a client.
        orders: the order table.
        history: Postgres.
        history_counts, published_counts: orders by status, in Postgres and as the API's metrics have them.
        heard: what each order's client knows.
        swaps: what landed, by order.
        letters, given_up: lengths of the dead letter queue, and of the queue of stream records that were discarded.
    """

    placed: int
    accepted: frozenset[str]
    cancelled: frozenset[str]
    orders: Mapping[str, Order]
    history: Mapping[str, OrderTrail]
    history_counts: Mapping[str, int]
    published_counts: Mapping[str, int]
    heard: Mapping[str, Sequence[Heard]]
    swaps: Mapping[str, Sequence[Swap]]
    letters: int
    given_up: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """A promise, and every way in which it was broken."""

    promise: str
    broken: tuple[str, ...]


def verdicts(evidence: Evidence) -> list[Verdict]:
    """Check every promise."""
    return [Verdict(promise, tuple(check(evidence))) for promise, check in PROMISES.items()]


def _accepted_ends(evidence: Evidence) -> Iterable[str]:
    for order_id in evidence.accepted:
        order = evidence.orders.get(order_id)
        if order is None or not order.status.terminal:
            yield f"{order_id} is {order.status if order else 'lost'}"


def _one_per_key(evidence: Evidence) -> Iterable[str]:
    if not evidence.placed == len(evidence.accepted) == len(evidence.orders):
        yield f"{evidence.placed} wanted, {len(evidence.accepted)} accepted, {len(evidence.orders)} stored"


def _swapped_once(evidence: Evidence) -> Iterable[str]:
    for order_id, order in evidence.orders.items():
        landed = [swap.signature for swap in evidence.swaps.get(order_id, ())]
        last = order.events[-1]
        if landed != ([last.tx_hash] if isinstance(last, Confirmed) else []):
            yield f"{order_id} is {order.status}, and {len(landed)} swaps landed"


def _enough_came_out(evidence: Evidence) -> Iterable[str]:
    for order_id, swaps in evidence.swaps.items():
        last = evidence.orders[order_id].events[-1]
        told = last.amount_out if isinstance(last, Confirmed) else 0
        for swap in swaps:
            if not told == swap.amount_out >= swap.min_amount_out:
                yield f"{order_id}: {swap.amount_out} came out, {told} is told, the least is {swap.min_amount_out}"


def _lives(evidence: Evidence) -> Iterable[str]:
    for order_id, order in evidence.orders.items():
        if [event.seq for event in order.events] != list(range(1, order.version + 1)):
            yield f"{order_id} has gaps"
        for before, after in pairwise(order.events):
            if after.status not in TRANSITIONS[before.status] or after.timestamp < before.timestamp:
                yield f"{order_id}: {before.status} became {after.status}"


def _cancelled_stays(evidence: Evidence) -> Iterable[str]:
    for order_id in evidence.cancelled:
        if evidence.orders[order_id].status is not Status.CANCELLED:
            yield f"{order_id} is {evidence.orders[order_id].status}"


def _history_agrees(evidence: Evidence) -> Iterable[str]:
    for order_id in evidence.orders.keys() ^ evidence.history.keys():
        yield f"{order_id} is only in one of them"
    for order_id in evidence.orders.keys() & evidence.history.keys():
        order, trail = evidence.orders[order_id], evidence.history[order_id]
        if trail.order != order or trail.failed_attempts != tuple(failed_attempts(order)):
            yield f"{order_id}: version {order.version} in the table, {trail.order.version} in Postgres"


def _counts_agree(evidence: Evidence) -> Iterable[str]:
    counted = Counter(order.status.value for order in evidence.orders.values())
    for name, counts in {"Postgres": evidence.history_counts, "metrics": evidence.published_counts}.items():
        if Counter(counts) - Counter() != counted:
            yield f"{name} counts {dict(counts)}, and there are {dict(counted)}"


def _clients_agree(evidence: Evidence) -> Iterable[str]:
    for order_id, order in evidence.orders.items():
        if list(evidence.heard.get(order_id, ())) != [as_heard(order, event) for event in order.events]:
            yield f"{order_id}: its client knows {len(evidence.heard.get(order_id, ()))} of {order.version} events"


def as_heard(order: Order, event: Event) -> Heard:
    """Return an event as a client knows it."""
    return event.seq, event.status.value, event.timestamp, event_view(order, event)["data"]


def _nothing_given_up(evidence: Evidence) -> Iterable[str]:
    if evidence.letters or evidence.given_up:
        yield f"{evidence.letters} dead letters, {evidence.given_up} batches of stream records"


PROMISES: dict[str, Callable[[Evidence], Iterable[str]]] = {
    "every accepted order has ended": _accepted_ends,
    "one order for each key, however often it was sent": _one_per_key,
    "each confirmed order was swapped once, no other at all": _swapped_once,
    "what came out is what is told, and enough": _enough_came_out,
    "events without gaps, each a legal step": _lives,
    "what was cancelled stays cancelled": _cancelled_stays,
    "Postgres holds exactly what the order table holds": _history_agrees,
    "the counts are those of the orders": _counts_agree,
    "each client, cut off and resumed, knows exactly that too": _clients_agree,
    "nothing was given up on": _nothing_given_up,
}
