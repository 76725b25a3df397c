"""Prices of DLMM bins: ``(1 + bin_step/10⁴)^bin_id`` as Q64.64, base units of Y for one base unit of X.

Same integer steps as Meteora's program (``u64x64_math.rs``), so the same rounding to the last bit.
"""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from functools import lru_cache

BASIS_POINTS = 10_000
SCALE = 64
ONE = 1 << SCALE
_MAX_U128 = (1 << 128) - 1
_EXPONENT_BITS = 19
_SEARCH_REACH = 1 << 18
"""Divided by the bin step: prices from e⁻²⁶ to e²⁶ are searched; there Q64.64 has 26 good bits or more."""


@lru_cache(maxsize=8192)
def bin_price(bin_id: int, bin_step: int) -> int:
    """Return the Q64.64 price of a bin.

    Args:
        bin_id: 0 is the bin with price 1.
        bin_step: basis points from one bin to the next.

    Raises:
        ValueError: the price does not fit into Q64.64.
    """
    if abs(bin_id) >> _EXPONENT_BITS:
        raise ValueError(f"bin id {bin_id} has more than {_EXPONENT_BITS} bits")
    # The base is at least 1.0, so its powers would overflow 128 bits; those of its reciprocal never do.
    reciprocal = _MAX_U128 // (ONE + (bin_step << SCALE) // BASIS_POINTS)
    power = _power(reciprocal, abs(bin_id))
    if not power:
        raise ValueError(f"the price of bin {bin_id} at step {bin_step} is out of range")
    return _MAX_U128 // power if bin_id > 0 else power


def _power(base: int, exponent: int) -> int:
    result = ONE
    while exponent:
        if exponent & 1:
            result = result * base >> SCALE
        base = base * base >> SCALE
        exponent >>= 1
    return result


def bin_at_or_below(price: Fraction, bin_step: int) -> int:
    """Return the highest bin whose price is not above `price` (base units of Y per base unit of X)."""
    reach = _SEARCH_REACH // bin_step
    target = (price.numerator << SCALE) // price.denominator
    above = bisect_right(range(-reach, reach), target, key=lambda bin_id: bin_price(bin_id, bin_step))
    return above - 1 - reach
