"""Executing an order: from wherever it is, as far as it goes, in this invocation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from order_engine.application.execute_order import SAFETY_MARGIN, Done, LookAgain
from order_engine.application.ports import Venue
from order_engine.domain.amounts import min_amount_out
from order_engine.domain.errors import OrderNotFound
from order_engine.domain.events import Status
from order_engine.domain.swaps import Transaction, TransactionStatus
from order_engine.venues.ledger import InMemoryLedger, Record
from order_engine.venues.simulated import VALIDITY, SimulationSettings
from tests.support.engine import Engine
from tests.support.invariants import check
from tests.support.orders import CONFIRMED, statuses, terms

S = Status


@dataclass(frozen=True, slots=True)
class WatchedLedger(InMemoryLedger):
    """A chain that tells of every transaction before it lands."""

    tell: Callable[[Record], None] = print

    def record_once(self, record: Record) -> Record:
        self.tell(record)
        return InMemoryLedger.record_once(self, record)


@dataclass
class LossyVenue:
    """A venue to which the first two submissions of a transaction get lost."""

    venue: Venue
    lost: int = 2

    def __getattr__(self, name: str) -> Any:
        return getattr(self.venue, name)

    def submit(self, transaction: Transaction) -> TransactionStatus:
        if self.lost:
            self.lost -= 1
            return self.venue.status(transaction)
        return self.venue.submit(transaction)


def test_an_order_goes_all_the_way_in_one_invocation() -> None:
    engine = Engine()
    order = engine.submit()
    result = engine.execution.execute(order.id, engine.deadline())
    assert isinstance(result, Done)
    assert result.order == engine.now(order)
    assert statuses(result.order) == [S.PENDING, *CONFIRMED]
    check(engine)


def test_the_quotes_of_both_venues_are_told_and_the_better_one_is_taken() -> None:
    engine = Engine()
    building = engine.settle(engine.submit()).events[2].data
    offers = {quote["venue"]: float(quote["amountOut"]) for quote in building["quotes"]}
    assert offers.keys() == {"raydium", "meteora"}
    assert building["venue"] == max(offers, key=lambda venue: offers[venue])


def test_the_signature_is_stored_before_anything_is_sent() -> None:
    sent: list[tuple[Status, bool]] = []

    def look(record: Record) -> None:
        stored = engine.now(order)
        sent.append((stored.status, stored.events[-1].data["signature"] == record.signature))

    engine = Engine(ledger=WatchedLedger(tell=look))
    order = engine.submit()
    assert engine.settle(order).status is S.CONFIRMED
    assert sent == [(S.BUILDING, True)]


def test_the_minimum_that_is_signed_follows_from_the_orders_slippage() -> None:
    engine = Engine()
    transaction = engine.settle(engine.submit(terms(slippage="0.005"))).transaction
    assert transaction is not None
    assert transaction.min_amount_out == min_amount_out(transaction.quoted_amount_out, 50)


def test_the_smallest_amount_that_gives_anything_is_swapped() -> None:
    engine = Engine()
    order = engine.settle(engine.submit(terms("0.000000009")))
    assert order.status is S.CONFIRMED
    check(engine)


def test_without_time_to_begin_a_step_the_message_is_wanted_again_at_once() -> None:
    engine = Engine()
    order = engine.submit()
    assert engine.execution.execute(order.id, engine.deadline(SAFETY_MARGIN - 0.1)) == LookAgain(order, 0.0)
    assert engine.orders.stream == [order]


def test_without_time_to_wait_for_the_chain_the_order_stays_submitted_until_somebody_looks() -> None:
    engine = Engine(SimulationSettings("1", execution_latency=10))
    order = engine.submit()
    result = engine.execution.execute(order.id, engine.deadline(SAFETY_MARGIN + 3))
    assert isinstance(result, LookAgain)
    assert (result.order.status, result.after) == (S.SUBMITTED, 10.0)
    assert engine.settle(order).status is S.CONFIRMED
    check(engine)


def test_the_invocation_after_goes_on_from_the_last_event() -> None:
    engine = Engine()
    order = engine.submit()
    signed = engine.sign(order)
    assert signed.status is S.BUILDING
    done = engine.settle(order)
    assert statuses(done) == [S.PENDING, *CONFIRMED]
    assert done.events[-1].data["txHash"] == signed.events[-1].data["signature"]
    check(engine)


def test_a_transaction_that_expired_before_it_was_sent_is_signed_anew() -> None:
    engine = Engine()
    order = engine.submit()
    signed = engine.sign(order)
    engine.clock.sleep(VALIDITY.total_seconds() + 1)
    done = engine.settle(order)
    assert statuses(done) == [S.PENDING, S.ROUTING, S.BUILDING, S.PENDING, *CONFIRMED]
    assert done.events[3].data["error"]["code"] == "transaction_expired"
    assert done.events[3].data["error"]["txHash"] == signed.events[-1].data["signature"]
    check(engine)


def test_a_transaction_that_got_lost_on_its_way_is_sent_again_until_the_chain_has_seen_it() -> None:
    engine = Engine()
    lossy: dict[str, Venue] = {name: LossyVenue(venue) for name, venue in engine.venues.items()}
    order = engine.submit()
    result = replace(engine.execution, venues=lossy).execute(order.id, engine.deadline())
    assert statuses(result.order) == [S.PENDING, *CONFIRMED]
    check(engine)


def test_an_order_that_has_ended_is_left_as_it_is() -> None:
    engine = Engine()
    order = engine.settle(engine.submit())
    written = len(engine.orders.stream)
    assert engine.execution.execute(order.id, engine.deadline()) == Done(order)
    assert len(engine.orders.stream) == written


def test_an_unknown_order_is_an_error() -> None:
    engine = Engine()
    with pytest.raises(OrderNotFound):
        engine.execution.execute("0198a1b2-7c3d-7e4f-8a5b-000000000000", engine.deadline())
