"""What tells one simulated venue from another: its pools, its prices, and how its program fails."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Protocol, Self

from order_engine.adapters.simulated_market.market import PriceRange
from order_engine.domain.swaps import Reverted, Swap


@dataclass(frozen=True, slots=True)
class Fill:
    """What a pool gives: base units of the token out, fee in the token in, impact as decimal fraction."""

    amount_out: int
    fee: int
    price_impact: str


class Pool(Protocol):
    """A pool in the state, and seen from the side, that one trade finds it in.

    A dataclass of integers, booleans and other such dataclasses, so that its state can be a receipt. `curve` names the
    kind of pool there.
    """

    curve: ClassVar[str]

    @classmethod
    def open(cls, swap: Swap, price: Fraction, now: int) -> Self:
        """Return the pool of the swap's pair at a price (base units); `now` in epoch seconds."""

    def trade(self, amount_in: int) -> Fill:
        """Return what `amount_in` base units buy. Raises `NoLiquidity`."""


@dataclass(frozen=True, slots=True)
class Dex:
    """What tells one venue from the other.

    Args:
        name: as in quotes, ``raydium``.
        title: as in sentences, ``Raydium``.
        prices: the range of its prices around the base price.
        pool: the kind of its pools.
        slippage_exceeded, no_liquidity, disrupted: how its program fails; the last for no fault of the trade.
    """

    name: str
    title: str
    prices: PriceRange
    pool: type[Pool]
    slippage_exceeded: Reverted
    no_liquidity: Reverted
    disrupted: Reverted
