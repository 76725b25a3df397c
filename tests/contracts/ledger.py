"""The contract of `Ledger`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from order_engine.adapters.simulated_market.ledger import Ledger, Outcome, Record
from order_engine.domain.swaps import Expired, Landed, Reverted

LANDED = Landed(
    amount_out=2**64 - 1,
    fee=33,
    price_impact="0.0012",
    pool={"curve": "dlmm", "xToY": True, "pair": {"binStep": "2"}, "now": "1750000000"},
)
REVERTED = Reverted("CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C", 6005, "ExceededSlippage")
OUTCOMES: list[Outcome] = [LANDED, REVERTED, Expired()]


def record(outcome: Outcome, signature: str | None = None) -> Record:
    """Return a record of this outcome, by default of a signature that nobody else has."""
    final_at = datetime(2025, 6, 1, 12, 0, 2, 123_456, tzinfo=UTC)
    return Record(signature or uuid4().hex, "raydium", "o1", 2, 2**64 - 1, 2**63, outcome, final_at)


class LedgerContract:
    """Inherit this and give a fixture `ledger`."""

    def test_an_unknown_signature_is_not_found(self, ledger: Ledger) -> None:
        known = ledger.record_once(record(LANDED))
        assert ledger.find(f"{known.signature}x") is None

    @pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: type(outcome).__name__)
    def test_a_record_comes_back_as_it_was_written(self, ledger: Ledger, outcome: Outcome) -> None:
        written = record(outcome)
        assert ledger.record_once(written) == written
        assert ledger.find(written.signature) == written

    @pytest.mark.parametrize("first", OUTCOMES, ids=lambda outcome: type(outcome).__name__)
    @pytest.mark.parametrize("second", OUTCOMES, ids=lambda outcome: type(outcome).__name__)
    def test_the_first_writer_wins(self, ledger: Ledger, first: Outcome, second: Outcome) -> None:
        winner = record(first)
        ledger.record_once(winner)
        loser = replace(record(second, winner.signature), final_at=datetime(2026, 1, 1, tzinfo=UTC))
        assert ledger.record_once(loser) == winner
        assert ledger.find(winner.signature) == winner


class LedgerRaceContract(LedgerContract):
    """The same for what can be called by many at once, which moto can't."""

    def test_of_many_at_once_one_wins_and_all_learn_which(self, ledger: Ledger) -> None:
        one = record(LANDED)
        rivals = [replace(one, final_at=one.final_at + timedelta(seconds=number)) for number in range(20)]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ledger.record_once, rivals))
        assert answers == [answers[0]] * len(rivals)
        assert answers[0] in rivals
        assert ledger.find(one.signature) == answers[0]
