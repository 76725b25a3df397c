"""The simulated chain's ledger: the outcome of each signature, written once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from order_engine.domain.swaps import Expired, Landed, Reverted, Transaction

Outcome = Landed | Reverted | Expired


@dataclass(frozen=True, slots=True)
class Record:
    """One signature's outcome, with enough of its transaction to audit it.

    Args:
        signature: base58.
        venue, order_id, attempt: whose transaction it was.
        amount_in, min_amount_out: base units.
        outcome: `Expired` is a tombstone: it keeps the signature from landing ever after.
        final_at: aware UTC; from when on the outcome may be relied upon.
    """

    signature: str
    venue: str
    order_id: str
    attempt: int
    amount_in: int
    min_amount_out: int
    outcome: Outcome
    final_at: datetime

    @classmethod
    def of(cls, transaction: Transaction, outcome: Outcome, final_at: datetime) -> Record:
        """Return the record of a transaction's outcome."""
        swap = transaction.swap
        return cls(
            signature=transaction.signature,
            venue=transaction.venue,
            order_id=swap.order_id,
            attempt=swap.attempt,
            amount_in=swap.amount_in,
            min_amount_out=transaction.min_amount_out,
            outcome=outcome,
            final_at=final_at,
        )


class Ledger(Protocol):
    """Signature → record, written once. Every call may raise `DependencyUnavailable`."""

    def find(self, signature: str) -> Record | None:
        """Return the record of a signature (a consistent read), or None."""

    def record_once(self, record: Record) -> Record:
        """Write the record unless its signature has one already; return the one that is there now."""


@dataclass(frozen=True, slots=True)
class InMemoryLedger:
    """A ledger for tests and simulations."""

    records: dict[str, Record] = field(default_factory=dict)

    def find(self, signature: str) -> Record | None:
        """Return the record of a signature, or None."""
        return self.records.get(signature)

    def record_once(self, record: Record) -> Record:
        """Write the record unless its signature has one (atomic, also between threads)."""
        return self.records.setdefault(record.signature, record)

    def landed(self, order_id: str) -> list[Record]:
        """Return every swap that happened for an order; more than one must never be."""
        return [r for r in self.records.values() if r.order_id == order_id and isinstance(r.outcome, Landed)]
