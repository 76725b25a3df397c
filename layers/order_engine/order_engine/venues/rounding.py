"""Integer rounding. Venues round against the trader, so both directions occur side by side."""

from __future__ import annotations


def ceil_div(numerator: int, denominator: int) -> int:
    """Return the quotient rounded towards positive infinity."""
    return -(-numerator // denominator)
