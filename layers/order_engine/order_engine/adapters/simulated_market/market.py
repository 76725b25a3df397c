"""The simulated market: which pairs have pools, and the price each venue has for an order.

There is no randomness here. Whatever varies is a hash of the market's seed, the venue, the order, its attempt
and a purpose, so an order sees the same market however often it looks. Prices are exact fractions.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from hashlib import sha256

from order_engine.domain.amounts import format_decimal
from order_engine.domain.errors import UnknownPair
from order_engine.domain.swaps import Swap
from order_engine.domain.tokens import Token

MICRO_DOLLARS = 1_000_000

BASE_PRICES = {
    "SOL": 150_000_000,
    "USDC": 1_000_000,
    "USDT": 999_500,
    "mSOL": 195_000_000,
    "RAY": 2_500_000,
    "JUP": 500_000,
    "BONK": 20,
}
"""Micro-dollars for one whole token."""

HUBS = ("USDC", "USDT", "SOL")
"""Every token has a pool with each of these, and with no other. Of two, the first is the quote token (Y)."""

_PRICE_DIGITS = Context(prec=9)


@dataclass(frozen=True, slots=True)
class PriceRange:
    """A venue's price is the base price times ``low + r·width``, with `r` from 0 to just below 1."""

    low: Fraction
    width: Fraction


def hash_draw(seed: str, venue: str, swap: Swap, purpose: str) -> Fraction:
    """Return the venue's number in [0, 1) for this attempt and purpose: 64 bits of a SHA-256."""
    text = "\n".join((seed, venue, swap.order_id, str(swap.attempt), purpose))
    return Fraction(int.from_bytes(sha256(text.encode()).digest()[:8], "big"), 1 << 64)


def reference_price(swap: Swap, prices: PriceRange, r: Fraction) -> Fraction:
    """Return a venue's price before the trade, whole tokens out per whole token in.

    Raises:
        UnknownPair: there is no pool for these tokens.
    """
    given, wanted = swap.token_in.symbol, swap.token_out.symbol
    if given == wanted or not {given, wanted} & {*HUBS}:
        raise UnknownPair(f"There is no pool for {given} and {wanted}; one of them must be {' or '.join(HUBS)}.")
    return Fraction(BASE_PRICES[given], BASE_PRICES[wanted]) * (prices.low + r * prices.width)


def gives_x(swap: Swap) -> bool:
    """Whether the token in is the pool's X, and the token out its Y."""
    return _quote_rank(swap.token_out) < _quote_rank(swap.token_in)


def _quote_rank(token: Token) -> int:
    return HUBS.index(token.symbol) if token.symbol in HUBS else len(HUBS)


def in_base_units(price: Fraction, swap: Swap) -> Fraction:
    """Convert a price of whole tokens into base units out per base unit in."""
    return price * _one(swap.token_out) / _one(swap.token_in)


def units_for_dollars(token: Token, dollars: int) -> int:
    """Return how many base units of `token` have this value at the base price."""
    return dollars * MICRO_DOLLARS * _one(token) // BASE_PRICES[token.symbol]


def _one(token: Token) -> int:
    """Return the base units of one whole token."""
    return int(10**token.decimals)


def price_text(price: Fraction) -> str:
    """Write a price as a decimal string with nine significant digits."""
    return format_decimal(_PRICE_DIGITS.divide(Decimal(price.numerator), Decimal(price.denominator)))
