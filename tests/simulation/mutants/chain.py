"""What workers rely upon: the fate of a transaction."""

from __future__ import annotations

from order_engine.adapters.simulated_market.ledger import InMemoryLedger
from order_engine.adapters.simulated_market.venue import SimulatedVenue
from order_engine.contracts.events import decoding
from tests.simulation.mutants.mutant import mutant

CHAIN = (
    mutant(
        "expired without a tombstone on the chain",
        (SimulatedVenue.status, "return self._record(transaction, Expired(), now)", "return Expired()"),
    ),
    mutant(
        "expired before its time",
        (
            decoding._building,
            'parse_timestamp(data["validUntil"])',
            'parse_timestamp(data["validUntil"]).replace(second=0)',
        ),
    ),
    mutant(
        "a signature can land again",
        (
            InMemoryLedger.record_once,
            "return self.records.setdefault(record.signature, record)",
            "self.records[record.signature] = record\n    return record",
        ),
    ),
    mutant(
        "looked up by order, not by signature",
        (
            SimulatedVenue.status,
            "self.ledger.find(transaction.signature)",
            "next((r for r in self.ledger.records.values() if r.order_id == transaction.swap.order_id), None)",
        ),
    ),
    mutant("relied upon before it is final", (SimulatedVenue._seen, "remaining > 0", "False")),
)
