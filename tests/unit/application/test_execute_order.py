"""Executing an order: from wherever it is, as far as it goes, in this invocation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from order_engine.adapters.simulated_market.ledger import InMemoryLedger, Record
from order_engine.adapters.simulated_market.settings import MarketSettings
from order_engine.adapters.simulated_market.venue import TRANSACTION_VALIDITY
from order_engine.application.errors import OrderNotFound
from order_engine.application.execute_order import SAFETY_MARGIN, Done, LookAgain
from order_engine.application.ports import Venue
from order_engine.domain.amounts import min_amount_out
from order_engine.domain.events import Confirmed, RetryScheduled, Status, TransactionSigned
from order_engine.domain.swaps import Transaction, TransactionStatus
from tests.support.engine import InMemoryEngine, InMemoryPorts
from tests.support.invariants import check
from tests.support.orders import CONFIRMED, statuses, terms

S = Status


@dataclass(frozen=True, slots=True)
class WatchedLedger(InMemoryLedger):
    """A chain that calls back before each transaction lands."""

    before_landing: Callable[[Record], None] = print

    def record_once(self, record: Record) -> Record:
        self.before_landing(record)
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
    engine = InMemoryEngine()
    order = engine.place()
    result = engine.execution.execute(order.id, engine.deadline())
    assert isinstance(result, Done)
    assert result.order == engine.now(order)
    assert statuses(result.order) == [S.PENDING, *CONFIRMED]
    check(engine)


def test_the_quotes_of_both_venues_are_stored_and_the_better_one_is_taken() -> None:
    engine = InMemoryEngine()
    building = engine.settle(engine.place()).events[2]
    assert isinstance(building, TransactionSigned)
    offers = {quote.venue: quote.amount_out for quote in building.quotes}
    assert offers.keys() == {"raydium", "meteora"}
    assert building.transaction.venue == max(offers, key=lambda venue: offers[venue])


def test_the_signature_is_stored_before_anything_is_sent() -> None:
    sent: list[tuple[Status, bool]] = []

    def look(record: Record) -> None:
        stored = engine.now(order)
        signature = stored.transaction.signature if stored.transaction else None
        sent.append((stored.status, signature == record.signature))

    engine = InMemoryEngine(ports=InMemoryPorts(ledger=WatchedLedger(before_landing=look)))
    order = engine.place()
    assert engine.settle(order).status is S.CONFIRMED
    assert sent == [(S.BUILDING, True)]


def test_the_minimum_that_is_signed_follows_from_the_orders_slippage() -> None:
    engine = InMemoryEngine()
    transaction = engine.settle(engine.place(terms(slippage="0.005"))).transaction
    assert transaction is not None
    assert transaction.min_amount_out == min_amount_out(transaction.quoted_amount_out, 50)


def test_the_smallest_amount_that_gives_anything_is_swapped() -> None:
    engine = InMemoryEngine()
    order = engine.settle(engine.place(terms("0.000000009")))
    assert order.status is S.CONFIRMED
    check(engine)


def test_without_time_to_begin_a_step_the_order_is_to_be_looked_at_again_at_once() -> None:
    engine = InMemoryEngine()
    order = engine.place()
    assert engine.execution.execute(order.id, engine.deadline(SAFETY_MARGIN - 0.1)) == LookAgain(order, 0.0)
    assert engine.orders.stream == [order]


def test_without_time_to_wait_for_the_chain_the_order_stays_submitted_until_somebody_looks() -> None:
    engine = InMemoryEngine(MarketSettings("1", execution_latency=10))
    order = engine.place()
    result = engine.execution.execute(order.id, engine.deadline(SAFETY_MARGIN + 3))
    assert isinstance(result, LookAgain)
    assert (result.order.status, result.after) == (S.SUBMITTED, 10.0)
    assert engine.settle(order).status is S.CONFIRMED
    check(engine)


def test_the_next_invocation_goes_on_from_the_last_event() -> None:
    engine = InMemoryEngine()
    order = engine.place()
    signed = engine.sign(order)
    assert signed.status is S.BUILDING
    done = engine.settle(order)
    assert statuses(done) == [S.PENDING, *CONFIRMED]
    confirmed = done.events[-1]
    assert isinstance(confirmed, Confirmed)
    assert signed.transaction is not None
    assert confirmed.tx_hash == signed.transaction.signature
    check(engine)


def test_a_transaction_that_expired_before_it_was_sent_is_signed_anew() -> None:
    engine = InMemoryEngine()
    order = engine.place()
    signed = engine.sign(order)
    engine.clock.sleep(TRANSACTION_VALIDITY.total_seconds() + 1)
    done = engine.settle(order)
    assert statuses(done) == [S.PENDING, S.ROUTING, S.BUILDING, S.PENDING, *CONFIRMED]
    retry = done.events[3]
    assert isinstance(retry, RetryScheduled)
    assert signed.transaction is not None
    assert retry.fault.code == "transaction_expired"
    assert retry.fault.tx_hash == signed.transaction.signature
    check(engine)


def test_a_transaction_that_got_lost_on_its_way_is_sent_again_until_the_chain_has_seen_it() -> None:
    engine = InMemoryEngine()
    lossy: dict[str, Venue] = {name: LossyVenue(venue) for name, venue in engine.ports.venues.items()}
    order = engine.place()
    result = replace(engine.execution, venues=lossy).execute(order.id, engine.deadline())
    assert statuses(result.order) == [S.PENDING, *CONFIRMED]
    check(engine)


def test_an_order_that_has_ended_is_left_as_it_is() -> None:
    engine = InMemoryEngine()
    order = engine.settle(engine.place())
    written = len(engine.orders.stream)
    assert engine.execution.execute(order.id, engine.deadline()) == Done(order)
    assert len(engine.orders.stream) == written


def test_an_unknown_order_is_an_error() -> None:
    engine = InMemoryEngine()
    with pytest.raises(OrderNotFound):
        engine.execution.execute("0198a1b2-7c3d-7e4f-8a5b-000000000000", engine.deadline())
