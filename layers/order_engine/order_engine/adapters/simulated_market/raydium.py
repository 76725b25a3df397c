"""Raydium: constant product pools."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Self

from order_engine.adapters.simulated_market.dex import Dex, Fill
from order_engine.adapters.simulated_market.market import PriceRange, units_for_dollars
from order_engine.domain.amounts import format_ratio
from order_engine.domain.errors import NoLiquidity
from order_engine.domain.swaps import Reverted, Swap
from order_engine.venues.constant_product import Reserves

SIDE_DOLLARS = 5_000_000
"""Each side of a pool holds that much."""

TRADE_FEE_RATE = 2_500
"""Millionths: 0.25 %."""

IMPACT_REFUSED = Fraction(1, 2)
"""A trade that moves the price this far or further, some five million dollars, is refused."""


@dataclass(frozen=True, slots=True)
class RaydiumPool(Reserves):
    """A constant product pool, seen from the token in."""

    curve: ClassVar = "constantProduct"

    @classmethod
    def open(cls, swap: Swap, price: Fraction, now: int) -> Self:
        """Fill both sides so that their quotient is the price. The curve knows no time."""
        reserve_in = units_for_dollars(swap.token_in, SIDE_DOLLARS)
        return cls(reserve_in, int(reserve_in * price), TRADE_FEE_RATE)

    def trade(self, amount_in: int) -> Fill:
        """Swap exactly `amount_in`. Raises `NoLiquidity` for too much and for too little."""
        trade = self.exact_in(amount_in)
        impact = self.price_impact(trade)
        if Fraction(*impact) >= IMPACT_REFUSED:
            raise NoLiquidity("Raydium has not enough liquidity for this size.")
        if not trade.amount_out:
            raise NoLiquidity("The amount is too small: Raydium would give nothing for it.")
        return Fill(trade.amount_out, trade.fee, format_ratio(*impact))


_PROGRAM = "CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C"

RAYDIUM = Dex(
    name="raydium",
    title="Raydium",
    prices=PriceRange(low=Fraction("0.98"), width=Fraction("0.04")),
    pool=RaydiumPool,
    slippage_exceeded=Reverted(_PROGRAM, 6005, "ExceededSlippage: exceeds the desired slippage limit"),
    no_liquidity=Reverted(_PROGRAM, 6006, "ZeroTradingTokens: the amount results in zero trading tokens"),
    disrupted=Reverted(_PROGRAM, 6000, "NotApproved: swaps are switched off for this pool"),
)
