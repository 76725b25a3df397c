"""Fees of Meteora's DLMM: a base fee, and a variable one that grows with the volatility the pool has seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

from order_engine.venues.dlmm_prices import BASIS_POINTS
from order_engine.venues.rounding import ceil_div

FEE_PRECISION = 1_000_000_000
MAX_FEE_RATE = 100_000_000
"""10 %, over `FEE_PRECISION`."""

_VARIABLE_FEE_SCALE = 100_000_000_000


def fee_inside(gross: int, rate: int) -> int:
    """Return the fee contained in a gross amount; `rate` is over `FEE_PRECISION`."""
    return ceil_div(gross * rate, FEE_PRECISION)


def fee_on_top(net: int, rate: int) -> int:
    """Return the fee to add to a net amount; `rate` is over `FEE_PRECISION`."""
    return ceil_div(net * rate, FEE_PRECISION - rate)


@dataclass(frozen=True, slots=True)
class PairState:
    """Parameters and state of a DLMM pair, named as in Meteora's ``lb_pair`` account.

    Args:
        bin_step: basis points from one bin's price to the next.
        base_factor, base_fee_power_factor: give the base fee, see `fee_rate`.
        variable_fee_control: weight of the variable fee; 0 switches it off.
        filter_period: seconds; trades closer together count as one move.
        decay_period: seconds after which past volatility is forgotten.
        reduction_factor: basis points of the volatility that are kept in between.
        max_volatility_accumulator: its cap, in ten-thousandths of a bin.
        active_id: the bin that is traded in.
        index_reference: the bin from which the current move is measured.
        volatility_accumulator, volatility_reference: ten-thousandths of a bin.
        last_update_timestamp: epoch seconds.
    """

    bin_step: int
    base_factor: int
    base_fee_power_factor: int
    variable_fee_control: int
    filter_period: int
    decay_period: int
    reduction_factor: int
    max_volatility_accumulator: int
    active_id: int
    index_reference: int
    volatility_accumulator: int
    volatility_reference: int
    last_update_timestamp: int

    def at(self, now: int) -> PairState:
        """Return the state that a swap at `now` (epoch seconds) starts from: volatility fades with time."""
        elapsed = now - self.last_update_timestamp
        if elapsed < self.filter_period:
            return self
        kept = self.volatility_accumulator * self.reduction_factor // BASIS_POINTS
        reference = kept if elapsed < self.decay_period else 0
        return replace(self, index_reference=self.active_id, volatility_reference=reference)

    def fee_rate(self, bin_id: int) -> int:
        """Return the fee in this bin, over `FEE_PRECISION`."""
        base: int = self.base_factor * self.bin_step * 10 * 10**self.base_fee_power_factor
        return min(base + self._variable_fee_rate(bin_id), MAX_FEE_RATE)

    def _variable_fee_rate(self, bin_id: int) -> int:
        moved = self.volatility_reference + abs(self.index_reference - bin_id) * BASIS_POINTS
        volatility = min(moved, self.max_volatility_accumulator)
        squared = (volatility * self.bin_step) ** 2
        return ceil_div(self.variable_fee_control * squared, _VARIABLE_FEE_SCALE)
