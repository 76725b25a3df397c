from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from order_engine.adapters.simulated_market.dex import Dex
from order_engine.adapters.simulated_market.ledger import InMemoryLedger
from order_engine.adapters.simulated_market.receipts import recompute
from order_engine.adapters.simulated_market.registry import DEXES
from order_engine.adapters.simulated_market.settings import MarketSettings
from order_engine.adapters.simulated_market.venue import TRANSACTION_VALIDITY, SimulatedVenue
from order_engine.domain.errors import NoLiquidity, QuoteUnavailable, SimulationFailed, UnknownPair
from order_engine.domain.swaps import Expired, InFlight, Landed, Reverted, Transaction, TransactionStatus
from order_engine.domain.timestamps import format_timestamp, parse_timestamp
from tests.unit.simulated_market.swaps import FakeClock, make_swap

SETTINGS = MarketSettings(seed="7", quote_latency=0.2, execution_latency=2.0)
ORDERS = [f"order-{n}" for n in range(400)]

pytestmark = pytest.mark.parametrize("dex", DEXES, ids=lambda dex: dex.name)


def venue_of(dex: Dex, clock: FakeClock | None = None, **settings: object) -> SimulatedVenue:
    changed = replace(SETTINGS, **settings)  # type: ignore[arg-type]
    return SimulatedVenue(dex, changed, clock or FakeClock(), InMemoryLedger())


def signed(venue: SimulatedVenue, order: str = "o1", least: Fraction = Fraction(99, 100)) -> Transaction:
    swap = make_swap("SOL", "USDC", "12.5", order)
    quote = venue.quote(swap)
    return venue.build(swap, quote, int(quote.amount_out * least))


def final(venue: SimulatedVenue, transaction: Transaction) -> TransactionStatus:
    """Submit, and look again the way a worker does."""
    status = venue.submit(transaction)
    while isinstance(status, InFlight):
        venue.clock.sleep(status.look_again_in)
        status = venue.status(transaction)
    return status


def landed(venue: SimulatedVenue, order: str) -> int:
    return len(_ledger(venue).landed(order))


def _ledger(venue: SimulatedVenue) -> InMemoryLedger:
    assert isinstance(venue.ledger, InMemoryLedger)
    return venue.ledger


class TestQuotes:
    def test_a_quote_lies_in_the_venues_price_range_less_the_fee(self, dex: Dex) -> None:
        quote = venue_of(dex).quote(make_swap("SOL", "USDC", "2"))

        price = Fraction(quote.reference_price)
        assert dex.prices.low <= price / 150 < dex.prices.low + dex.prices.width
        assert Fraction(995, 1000) < Fraction(quote.amount_out, 10**6) / (2 * price) < 1
        assert quote.venue == dex.name

    def test_the_same_attempt_always_gets_the_same_quote(self, dex: Dex) -> None:
        later = FakeClock(datetime(2031, 1, 1, tzinfo=UTC))

        assert venue_of(dex).quote(make_swap()) == venue_of(dex, later).quote(make_swap())

    def test_seed_order_and_attempt_change_the_quote(self, dex: Dex) -> None:
        quotes = {
            venue_of(dex).quote(make_swap()).amount_out,
            venue_of(dex, seed="8").quote(make_swap()).amount_out,
            venue_of(dex).quote(make_swap(order="o2")).amount_out,
            venue_of(dex).quote(make_swap(attempt=2)).amount_out,
        }

        assert len(quotes) == 4

    def test_quoting_takes_the_latency_give_or_take_a_quarter(self, dex: Dex) -> None:
        clock = FakeClock()
        venue = venue_of(dex, clock, quote_latency=0.4)

        for order in ORDERS:
            venue.quote(make_swap(order=order))

        assert 0.3 <= min(clock.slept) < 0.31
        assert 0.49 < max(clock.slept) < 0.5

    def test_without_latency_nothing_is_waited_for(self, dex: Dex) -> None:
        clock = FakeClock()

        venue_of(dex, clock, quote_latency=0.0).quote(make_swap())

        assert sum(clock.slept) == 0

    def test_quotes_fail_at_the_configured_rate(self, dex: Dex) -> None:
        venue = venue_of(dex, quote_failure_rate=0.3)

        failures = [_fails(venue, order) for order in ORDERS]

        assert 90 < sum(failures) < 150
        assert failures == [_fails(venue, order) for order in ORDERS]

    def test_unknown_pairs_and_sizes_are_refused_for_good_whatever_else_fails(self, dex: Dex) -> None:
        venue = venue_of(dex, quote_failure_rate=1.0)

        with pytest.raises(UnknownPair):
            venue.quote(make_swap("RAY", "JUP"))
        with pytest.raises(NoLiquidity):
            venue.quote(make_swap("SOL", "USDC", "1000000"))
        with pytest.raises(QuoteUnavailable):
            venue.quote(make_swap())


class TestBuilding:
    def test_a_transaction_is_signed_for_a_minute(self, dex: Dex) -> None:
        clock = FakeClock()
        venue = venue_of(dex, clock, quote_latency=0.0)
        swap = make_swap()
        quote = venue.quote(swap)

        transaction = venue.build(swap, quote, 5)

        assert (transaction.venue, transaction.swap) == (dex.name, swap)
        assert (transaction.quoted_amount_out, transaction.min_amount_out) == (quote.amount_out, 5)
        assert timedelta(0) <= clock.now() + TRANSACTION_VALIDITY - transaction.valid_until < timedelta(milliseconds=1)

    def test_the_validity_survives_being_stored_in_an_event(self, dex: Dex) -> None:
        transaction = signed(venue_of(dex))

        assert parse_timestamp(format_timestamp(transaction.valid_until)) == transaction.valid_until

    def test_a_signature_is_64_bytes_in_base58_and_belongs_to_one_transaction(self, dex: Dex) -> None:
        venue = venue_of(dex)
        swap = make_swap()
        quote = venue.quote(swap)
        first = venue.build(swap, quote, 5)
        venue.clock.sleep(0.001)
        again = venue.build(swap, quote, 5)
        others = [venue.build(swap, quote, 6), signed(venue, "o2"), signed(venue_of(dex, seed="8"))]

        signatures = {transaction.signature for transaction in [first, again, *others]}

        assert len(signatures) == 5
        assert all(_base58_length(signature) == 64 for signature in signatures)
        assert signed(venue_of(dex)).signature == signed(venue_of(dex)).signature

    def test_dry_runs_fail_at_the_configured_rate(self, dex: Dex) -> None:
        venue = venue_of(dex, simulation_failure_rate=0.3)

        failures = 0
        for order in ORDERS:
            try:
                signed(venue, order)
            except SimulationFailed:
                failures += 1

        assert 90 < failures < 150
        assert _ledger(venue).records == {}


class TestLanding:
    def test_a_swap_lands_and_is_final_after_the_execution_latency(self, dex: Dex) -> None:
        clock = FakeClock()
        venue = venue_of(dex, clock, execution_latency=3.0)
        transaction = signed(venue)

        assert venue.submit(transaction) == InFlight(3.0, seen=True)
        clock.sleep(1.0)
        assert venue.status(transaction) == InFlight(2.0, seen=True)
        clock.sleep(2.0)

        outcome = venue.status(transaction)
        assert isinstance(outcome, Landed)
        assert outcome.amount_out >= transaction.min_amount_out

    def test_without_latency_the_outcome_is_known_at_once(self, dex: Dex) -> None:
        venue = venue_of(dex, execution_latency=0.0)

        assert isinstance(venue.submit(signed(venue)), Landed)

    def test_submitting_again_has_no_further_effect(self, dex: Dex) -> None:
        venue = venue_of(dex)
        transaction = signed(venue)

        first = final(venue, transaction)
        venue.clock.sleep(5)
        again = venue.submit(transaction)

        assert first == again
        assert landed(venue, "o1") == 1

    def test_the_price_drifts_by_up_to_ten_basis_points(self, dex: Dex) -> None:
        venue = venue_of(dex)

        drifts = []
        for order in ORDERS:
            transaction = signed(venue, order)
            outcome = final(venue, transaction)
            assert isinstance(outcome, Landed)
            drifts.append(outcome.amount_out / transaction.quoted_amount_out - 1)

        # One bin of Meteora's is two basis points.
        assert -0.0013 < min(drifts) < -0.0007
        assert 0.0007 < max(drifts) < 0.0013

    def test_anybody_can_recompute_a_receipt_from_its_json(self, dex: Dex) -> None:
        venue = venue_of(dex)
        transaction = signed(venue)
        outcome = final(venue, transaction)
        assert isinstance(outcome, Landed)

        fill = recompute(json.loads(json.dumps(outcome.pool)), transaction.swap.amount_in)

        assert (fill.amount_out, fill.fee, fill.price_impact) == (
            outcome.amount_out,
            outcome.fee,
            outcome.price_impact,
        )

    def test_below_the_minimum_it_reverts_with_the_programs_own_slippage_code(self, dex: Dex) -> None:
        venue = venue_of(dex)

        outcome = final(venue, signed(venue, least=Fraction(101, 100)))

        assert isinstance(outcome, Reverted)
        assert (outcome.program[:3], outcome.code) == {"raydium": ("CPM", 6005), "meteora": ("LBU", 6003)}[dex.name]
        assert landed(venue, "o1") == 0

    def test_a_swap_at_exactly_its_minimum_lands(self, dex: Dex) -> None:
        outcome = final(venue_of(dex), signed(venue_of(dex)))
        assert isinstance(outcome, Landed)

        for more, kind in [(0, Landed), (1, Reverted)]:
            venue = venue_of(dex)
            transaction = replace(signed(venue), min_amount_out=outcome.amount_out + more)
            assert isinstance(final(venue, transaction), kind)

    def test_a_pool_that_ran_dry_since_the_quote_reverts_the_swap(self, dex: Dex) -> None:
        venue = venue_of(dex)
        too_much = make_swap("SOL", "USDC", "1000000")
        transaction = venue.build(too_much, venue.quote(make_swap()), 1)

        assert final(venue, transaction) == dex.no_liquidity
        assert landed(venue, "o1") == 0

    def test_execution_fails_at_the_configured_rate_with_another_code(self, dex: Dex) -> None:
        venue = venue_of(dex, execution_failure_rate=0.3)

        outcomes = [final(venue, signed(venue, order)) for order in ORDERS]

        failed = [outcome for outcome in outcomes if isinstance(outcome, Reverted)]
        assert 90 < len(failed) < 150
        assert set(failed) == {dex.disrupted}
        assert dex.disrupted.code not in (dex.slippage_exceeded.code, dex.no_liquidity.code)


class TestDeath:
    def test_before_its_time_is_over_an_unseen_transaction_may_be_sent_again(self, dex: Dex) -> None:
        venue = venue_of(dex)
        transaction = signed(venue)
        venue.clock.sleep((transaction.valid_until - venue.clock.now()).total_seconds())

        status = venue.status(transaction)

        assert isinstance(status, InFlight)
        assert not status.seen
        assert 0 < status.look_again_in <= 1
        assert isinstance(final(venue, transaction), Landed)

    def test_a_late_submission_never_lands(self, dex: Dex) -> None:
        venue = venue_of(dex)
        transaction = signed(venue)
        venue.clock.sleep(60.001)

        assert venue.submit(transaction) == Expired()
        assert landed(venue, "o1") == 0

    def test_once_declared_dead_not_even_a_worker_with_a_slow_clock_can_land_it(self, dex: Dex) -> None:
        venue = venue_of(dex)
        transaction = signed(venue)
        zombie = replace(venue, clock=FakeClock(venue.clock.now()))
        venue.clock.sleep(60.001)

        assert venue.status(transaction) == Expired()
        assert final(zombie, transaction) == Expired()
        assert landed(venue, "o1") == 0

    def test_what_landed_in_time_is_not_declared_dead_afterwards(self, dex: Dex) -> None:
        venue = venue_of(dex)
        transaction = signed(venue)
        venue.submit(transaction)
        venue.clock.sleep(3600)

        assert isinstance(venue.status(transaction), Landed)
        assert isinstance(venue.submit(transaction), Landed)
        assert landed(venue, "o1") == 1


def _fails(venue: SimulatedVenue, order: str) -> bool:
    try:
        venue.quote(make_swap(order=order))
    except QuoteUnavailable:
        return True
    return False


def _base58_length(text: str) -> int:
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number = 0
    for character in text:
        number = number * 58 + alphabet.index(character)
    zeros = len(text) - len(text.lstrip("1"))
    return zeros + (number.bit_length() + 7) // 8
