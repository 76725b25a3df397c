"""Meteora: DLMM pools."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Self

from order_engine.adapters.simulated_market.dex import Dex, Fill
from order_engine.adapters.simulated_market.market import PriceRange, gives_x, units_for_dollars
from order_engine.domain.amounts import format_ratio
from order_engine.domain.errors import NoLiquidity
from order_engine.domain.swaps import Reverted, Swap
from order_engine.venues import dlmm
from order_engine.venues.dlmm_fees import PairState
from order_engine.venues.dlmm_prices import bin_at_or_below, bin_price

BIN_STEP = 2
BINS_EACH_SIDE = 100
BIN_DOLLARS = 20_000
"""Two million dollars on each side, within two percent of the price."""


@dataclass(frozen=True, slots=True)
class UniformBins:
    """The same amounts (base units) in every bin of a range; the active one, in its middle, has half."""

    active_id: int
    bins_each_side: int
    amount_x: int
    amount_y: int

    def at(self, bin_id: int) -> dlmm.Bin | None:
        """Return what a bin holds; None outside of the range."""
        distance = bin_id - self.active_id
        if abs(distance) > self.bins_each_side:
            return None
        if distance == 0:
            return dlmm.Bin(self.amount_x // 2, self.amount_y // 2)
        return dlmm.Bin(self.amount_x, 0) if distance > 0 else dlmm.Bin(0, self.amount_y)


@dataclass(frozen=True, slots=True)
class MeteoraPool:
    """A DLMM pool, its direction and the time (epoch seconds)."""

    curve: ClassVar = "dlmm"
    pair: PairState
    bins: UniformBins
    x_to_y: bool
    now: int

    @classmethod
    def open(cls, swap: Swap, price: Fraction, now: int) -> Self:
        """Lay the bins around the one nearest to, and not above, the price of X in Y."""
        x_to_y = gives_x(swap)
        active_id = bin_at_or_below(price if x_to_y else 1 / price, BIN_STEP)
        x, y = (swap.token_in, swap.token_out) if x_to_y else (swap.token_out, swap.token_in)
        bins = UniformBins(
            active_id, BINS_EACH_SIDE, units_for_dollars(x, BIN_DOLLARS), units_for_dollars(y, BIN_DOLLARS)
        )
        return cls(_calm_pair(active_id, now), bins, x_to_y, now)

    def trade(self, amount_in: int) -> Fill:
        """Swap exactly `amount_in`. Raises `NoLiquidity` for too much and for too little."""
        swapped = dlmm.swap(self.pair, self.bins.at, amount_in, self.x_to_y, self.now)
        if not swapped.amount_out:
            raise NoLiquidity("The amount is too small: Meteora would give nothing for it.")
        price = bin_price(self.pair.active_id, self.pair.bin_step)
        unmoved = dlmm.at_price(amount_in - swapped.fee, price, self.x_to_y)
        # Rounding within a few bins may leave the trader a unit short without the price having moved.
        return Fill(swapped.amount_out, swapped.fee, format_ratio(max(unmoved - swapped.amount_out, 0), unmoved))


def _calm_pair(active_id: int, now: int) -> PairState:
    """Return a pair that has not moved: 0.2 % base fee, and up to 0.1 % more for a trade that moves it."""
    return PairState(
        bin_step=BIN_STEP,
        base_factor=10_000,
        base_fee_power_factor=1,
        variable_fee_control=200_000,
        filter_period=30,
        decay_period=600,
        reduction_factor=5_000,
        max_volatility_accumulator=350_000,
        active_id=active_id,
        index_reference=active_id,
        volatility_accumulator=0,
        volatility_reference=0,
        last_update_timestamp=now,
    )


_PROGRAM = "LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo"

METEORA = Dex(
    name="meteora",
    title="Meteora",
    prices=PriceRange(low=Fraction("0.97"), width=Fraction("0.05")),
    pool=MeteoraPool,
    slippage_exceeded=Reverted(_PROGRAM, 6003, "ExceededAmountSlippageTolerance: exceeds the slippage limit"),
    no_liquidity=Reverted(_PROGRAM, 6012, "PairInsufficientLiquidity: the bins are exhausted"),
    disrupted=Reverted(_PROGRAM, 6009, "BinArrayNotFound: the price has left the bins of the transaction"),
)
