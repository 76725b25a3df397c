"""A third simulated venue is pool math, a file for its market and a line of the registry; nothing else names venues."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Self

import pytest

from docs.generate.receipts import with_receipts
from order_engine.adapters.simulated_market import registry
from order_engine.adapters.simulated_market.dex import Dex, Fill
from order_engine.adapters.simulated_market.market import PriceRange, units_for_dollars
from order_engine.adapters.simulated_market.receipts import recompute
from order_engine.contracts.views import order_view
from order_engine.domain.events import Confirmed, Status, TransactionSigned
from order_engine.domain.swaps import Reverted, Swap
from orders_client.verify import verify_receipt
from orders_client.wire import order_from
from tests.support.engine import InMemoryEngine
from tests.support.invariants import check


@dataclass(frozen=True, slots=True)
class OrcaPool:
    """A pool without fee or depth: its price is its price."""

    curve: ClassVar = "flat"
    numerator: int
    denominator: int
    depth: int

    @classmethod
    def open(cls, swap: Swap, price: Fraction, now: int) -> Self:
        return cls(price.numerator, price.denominator, units_for_dollars(swap.token_in, now))

    def trade(self, amount_in: int) -> Fill:
        return Fill(amount_in * self.numerator // self.denominator, 0, "0")


REVERTED = Reverted("whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc", 6000, "no")
ORCA = Dex("orca", "Orca", PriceRange(Fraction("1.05"), Fraction(0)), OrcaPool, REVERTED, REVERTED, REVERTED)


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "DEXES", (*registry.DEXES, ORCA))


def test_orders_are_routed_to_it_where_it_pays_most() -> None:
    engine = InMemoryEngine()
    order = engine.settle(engine.place())
    check(engine)
    signed = next(event for event in order.events if isinstance(event, TransactionSigned))
    assert [quote.venue for quote in signed.quotes] == ["raydium", "meteora", "orca"]
    assert (order.status, signed.transaction.venue) == (Status.CONFIRMED, "orca")
    assert signed.reason.startswith("Orca was chosen: it pays ")


def test_its_receipts_can_be_recomputed() -> None:
    engine = InMemoryEngine()
    confirmed = engine.settle(engine.place()).events[-1]
    assert isinstance(confirmed, Confirmed)
    assert recompute(confirmed.pool, 1_500_000_000).amount_out == confirmed.amount_out


def test_the_client_verifies_what_it_swapped() -> None:
    engine = InMemoryEngine()
    order = engine.settle(engine.place())
    assert verify_receipt(order_from(json.loads(json.dumps(order_view(order))))).wrong == []


def test_its_receipts_are_in_the_api_documents() -> None:
    described = with_receipts({"ConfirmedData": {"properties": {"pool": {"description": ""}}}}, discriminator=True)
    assert described["OrcaPool"]["properties"]["curve"] == {"const": "flat", "type": "string"}
    assert described["OrcaPool"]["required"] == ["curve", "numerator", "denominator", "depth"]
