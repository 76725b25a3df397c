"""What the simulated venues have in common: pools that trade and write receipts, and how programs fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from order_engine.domain.swaps import Reverted, Swap
from order_engine.venues.market import PriceRange

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Receipt = Mapping[str, Any]
"""A pool's state before a trade, ready for JSON, with integers as decimal strings."""

State = TypeVar("State", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class Fill:
    """What a pool gives: base units of the token out, fee in the token in, impact as decimal fraction."""

    amount_out: int
    fee: int
    price_impact: str


class Pool(Protocol):
    """A pool in the state, and seen from the side, that one trade finds it in."""

    @classmethod
    def open(cls, swap: Swap, price: Fraction, now: int) -> Self:
        """Return the pool of the swap's pair at a price (base units); `now` in epoch seconds."""

    @classmethod
    def from_receipt(cls, receipt: Receipt) -> Self:
        """Return the pool whose state was written by `receipt`."""

    def receipt(self) -> Receipt:
        """Write the pool's state."""

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


def write_state(state: DataclassInstance) -> dict[str, str]:
    """Write a dataclass of integers for a receipt: camelCase names, decimal strings."""
    return {_camel(name): str(value) for name, value in asdict(state).items()}


def read_state(kind: type[State], receipt: Receipt) -> State:
    """Read what `write_state` wrote."""
    return kind(**{field.name: int(receipt[_camel(field.name)]) for field in fields(kind)})


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)
