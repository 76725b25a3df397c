"""A simulated venue: the real curve on a deterministic market, with latencies and failures as configured.

What makes it safe to drive from several workers at once is the ledger, a write-once record for each signature.
A transaction lands by writing it first. It is dead once a tombstone was first, which whoever looks after its
`valid_until` writes. So a late submission, by a worker that was thought dead, finds the tombstone and does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from hashlib import sha512

from order_engine.adapters.simulated_market import base58
from order_engine.adapters.simulated_market.dex import Dex, Pool
from order_engine.adapters.simulated_market.ledger import Ledger, Outcome, Record
from order_engine.adapters.simulated_market.market import hash_draw, in_base_units, price_text, reference_price
from order_engine.adapters.simulated_market.receipts import write_receipt
from order_engine.adapters.simulated_market.settings import MarketSettings
from order_engine.application.ports import Clock
from order_engine.domain.errors import NoLiquidity, QuoteUnavailable, SimulationFailed
from order_engine.domain.swaps import (
    Expired,
    InFlight,
    Landed,
    Quote,
    Reverted,
    Swap,
    Transaction,
    TransactionStatus,
)

TRANSACTION_VALIDITY = timedelta(seconds=60)
"""A blockhash is accepted for 150 blocks of about 0.4 seconds."""

RESEND_AFTER = 0.5
"""Seconds after which a transaction that the chain has not seen may be sent again."""

DRIFT = Fraction(10, 10_000)
"""How far the price may have moved, either way, when a transaction is executed."""


@dataclass(frozen=True, slots=True)
class SimulatedVenue:
    """One venue of the simulated market."""

    dex: Dex
    settings: MarketSettings
    clock: Clock
    ledger: Ledger

    @property
    def name(self) -> str:
        """The venue's name, such as ``raydium``."""
        return self.dex.name

    def quote(self, swap: Swap) -> Quote:
        """Return an offer after the quote latency.

        Raises:
            UnknownPair, NoLiquidity: always for this pair or size.
            QuoteUnavailable: at the configured rate, differently for each attempt.
        """
        self.clock.sleep(self.settings.quote_latency * (0.75 + float(self._draw(swap, "latency")) / 2))
        price = self._price(swap)
        fill = self._pool(swap, price).trade(swap.amount_in)
        if self._draw(swap, "quote") < self.settings.quote_failure_rate:
            raise QuoteUnavailable(f"{self.dex.title} gave no quote this time.")
        return Quote(self.name, fill.amount_out, fill.fee, fill.price_impact, price_text(price))

    def build(self, swap: Swap, quote: Quote, min_amount_out: int) -> Transaction:
        """Run the swap dry, then sign it.

        Raises:
            SimulationFailed: at the configured rate; nothing was signed.
        """
        if self._draw(swap, "simulation") < self.settings.simulation_failure_rate:
            raise SimulationFailed(f"{self.dex.title}'s dry run of the swap failed; nothing was sent.")
        valid_until = _whole_milliseconds(self.clock.now()) + TRANSACTION_VALIDITY
        terms = swap.amount_in, quote.amount_out, min_amount_out, valid_until
        signature = _sign(self.settings.seed, self.name, swap.order_id, swap.attempt, *terms)
        return Transaction(signature, self.name, swap, quote.amount_out, min_amount_out, valid_until)

    def submit(self, transaction: Transaction) -> TransactionStatus:
        """Execute a transaction if it is still valid and the ledger has no record of it."""
        now = self.clock.now()
        if now > transaction.valid_until:
            return self._record(transaction, Expired(), now)
        final_at = now + timedelta(seconds=self.settings.execution_latency)
        return self._record(transaction, self._execute(transaction), final_at)

    def status(self, transaction: Transaction) -> TransactionStatus:
        """Look a transaction up; one that is not there after its validity gets a tombstone, so that it never lands."""
        record = self.ledger.find(transaction.signature)
        if record is not None:
            return self._seen(record)
        now = self.clock.now()
        if now <= transaction.valid_until:
            return InFlight(RESEND_AFTER, seen=False)
        return self._record(transaction, Expired(), now)

    def _execute(self, transaction: Transaction) -> Landed | Reverted:
        """Decide the outcome from the pool's state at execution, which has moved a little since the quote."""
        swap = transaction.swap
        if self._draw(swap, "execution") < self.settings.execution_failure_rate:
            return self.dex.disrupted
        drift = 1 + DRIFT * (2 * self._draw(swap, "drift") - 1)
        pool = self._pool(swap, self._price(swap) * drift)
        try:
            fill = pool.trade(swap.amount_in)
        except NoLiquidity:
            return self.dex.no_liquidity
        if fill.amount_out < transaction.min_amount_out:
            return self.dex.slippage_exceeded
        return Landed(fill.amount_out, fill.fee, fill.price_impact, write_receipt(pool))

    def _record(self, transaction: Transaction, outcome: Outcome, final_at: datetime) -> TransactionStatus:
        """Write the outcome, unless there is one already; return the one that counts."""
        return self._seen(self.ledger.record_once(Record.of(transaction, outcome, final_at)))

    def _seen(self, record: Record) -> TransactionStatus:
        remaining = (record.final_at - self.clock.now()).total_seconds()
        return InFlight(remaining, seen=True) if remaining > 0 else record.outcome

    def _price(self, swap: Swap) -> Fraction:
        return reference_price(swap, self.dex.prices, self._draw(swap, "price"))

    def _pool(self, swap: Swap, price: Fraction) -> Pool:
        return self.dex.pool.open(swap, in_base_units(price, swap), int(self.clock.now().timestamp()))

    def _draw(self, swap: Swap, purpose: str) -> Fraction:
        return hash_draw(self.settings.seed, self.name, swap, purpose)


def _sign(*message: object) -> str:
    """Return 64 bytes that only this very transaction has, in base58, like an Ed25519 signature."""
    return base58.encode(sha512("\n".join(map(str, message)).encode()).digest())


def _whole_milliseconds(moment: datetime) -> datetime:
    """Drop what the order's events can't hold, so that every worker reads the very same validity."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
