"""Meteora's DLMM: liquidity sits in bins of constant price, and a swap walks from bin to bin.

Only the active bin holds both tokens; bins below hold Y, bins above hold X. All amounts are integers in base
units, and every rounding favours the pool.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from order_engine.domain.errors import NoLiquidity
from order_engine.venues.dlmm_fees import PairState, fee_inside, fee_on_top
from order_engine.venues.dlmm_prices import ONE, SCALE, bin_price
from order_engine.venues.rounding import ceil_div


class Bin(NamedTuple):
    """What one bin holds, in base units."""

    amount_x: int
    amount_y: int


BinAt = Callable[[int], Bin | None]
"""Looks a bin up by its id; None past the last bin on either side."""


@dataclass(frozen=True, slots=True)
class BinFill:
    """What a swap did in one bin: `amount_in` includes the `fee`."""

    bin_id: int
    amount_in: int
    fee: int
    amount_out: int


@dataclass(frozen=True, slots=True)
class Swapped:
    """A whole swap: base units of the token out, and the fee in base units of the token in."""

    amount_out: int
    fee: int


def swap(pair: PairState, bin_at: BinAt, amount_in: int, x_to_y: bool, now: int) -> Swapped:
    """Swap `amount_in` (positive, fee included) at `now` (epoch seconds).

    Raises:
        NoLiquidity: the bins are exhausted before the input is.
    """
    fills = list(fill_bins(pair, bin_at, amount_in, x_to_y, now))
    return Swapped(
        amount_out=sum(fill.amount_out for fill in fills),
        fee=sum(fill.fee for fill in fills),
    )


def fill_bins(pair: PairState, bin_at: BinAt, amount_in: int, x_to_y: bool, now: int) -> Iterator[BinFill]:
    """Yield what a swap does in each bin that has something to give, in the order in which they are met.

    Raises:
        NoLiquidity: the bins are exhausted before the input is.
    """
    pair, bin_id, left = pair.at(now), pair.active_id, amount_in
    while left:
        if (content := bin_at(bin_id)) is None:
            raise NoLiquidity("Meteora has not enough liquidity for this size.")
        if reserve := content.amount_y if x_to_y else content.amount_x:
            fill = _fill(pair, bin_id, reserve, left, x_to_y)
            left -= fill.amount_in
            yield fill
        bin_id += -1 if x_to_y else 1


def _fill(pair: PairState, bin_id: int, reserve: int, left: int, x_to_y: bool) -> BinFill:
    """Trade in one bin whose `reserve` of the token out is not 0: all of it goes, or all of `left`."""
    price, rate = bin_price(bin_id, pair.bin_step), pair.fee_rate(bin_id)
    most_in = ceil_div(reserve << SCALE, price) if x_to_y else ceil_div(reserve * price, ONE)
    fee = fee_inside(left, rate)
    net = left - fee
    if net < most_in:
        return BinFill(bin_id, left, fee, at_price(net, price, x_to_y))
    if net > most_in:
        fee = fee_on_top(most_in, rate)
    return BinFill(bin_id, most_in + fee, fee, reserve)


def at_price(net: int, price: int, x_to_y: bool) -> int:
    """Convert a net amount in at a Q64.64 price, rounded down."""
    return net * price >> SCALE if x_to_y else (net << SCALE) // price
