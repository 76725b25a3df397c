"""What must hold for every order, whatever happened to it on the way."""

from __future__ import annotations

from itertools import pairwise

from order_engine.domain.events import Confirmed, Failed, Status
from order_engine.domain.order import TRANSITIONS, Order
from order_engine.domain.swaps import Landed
from tests.support.engine import InMemoryEngine


def check(engine: InMemoryEngine) -> None:
    """Check all orders of an engine that has come to rest."""
    for order in engine.orders.orders.values():
        check_life(order)
        check_images([image for image in engine.orders.stream if image.id == order.id])
        check_evidence(engine, order)


def check_life(order: Order) -> None:
    """The events are numbered without gaps, each a legal step, and time does not run backwards."""
    assert [event.seq for event in order.events] == list(range(1, order.version + 1))
    assert order.events[0].status is Status.PENDING
    for before, after in pairwise(order.events):
        assert after.status in TRANSITIONS[before.status]
        assert after.timestamp >= before.timestamp


def check_images(images: list[Order]) -> None:
    """Each write added one event to what was there."""
    assert [image.version for image in images] == list(range(1, len(images) + 1))
    for before, after in pairwise(images):
        assert after.events[:-1] == before.events


def check_evidence(engine: InMemoryEngine, order: Order) -> None:
    """The order has ended; it was swapped once if it is confirmed, with no less than its minimum, and else never."""
    assert order.status.terminal
    landed = engine.ledger.landed(order.id)
    last = order.events[-1]
    if not isinstance(last, Confirmed):
        assert landed == []
        assert not isinstance(last, Failed) or last.fault.code
        return
    (swap,) = landed
    assert isinstance(swap.outcome, Landed)
    assert last.tx_hash == swap.signature
    assert last.amount_out == swap.outcome.amount_out >= swap.min_amount_out
    assert swap.amount_in == order.terms.amount_in
