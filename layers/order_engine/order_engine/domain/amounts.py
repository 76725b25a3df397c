"""Amounts: integers in base units inside, decimal strings outside, never a binary float.

A token amount on Solana is an unsigned 64-bit integer (SPL token program), hence `MAX_BASE_UNITS`.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal, InvalidOperation

from order_engine.domain.errors import FieldError, InvalidOrder
from order_engine.domain.tokens import Token

MAX_BASE_UNITS = 2**64 - 1
BASIS_POINTS = 10_000
MAX_SLIPPAGE_BPS = 5_000

LONGEST_NUMBER = 40
"""Characters. The longest sensible number has 20 digits before and 9 after the point."""

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
"""What people and JSON write; Decimal itself would also take spaces, underscores, other scripts' digits and NaN."""

_EXACT = Context(prec=2 * LONGEST_NUMBER)
"""Decimal's own default of 28 digits would round the largest amounts."""

_PRICE = Context(prec=12)


def parse_decimal(field: str, value: str | int | Decimal, code: str) -> Decimal:
    """Read a finite decimal number exactly.

    Raises:
        InvalidOrder: with `code`, when the value is no finite plain decimal number.
    """
    text = str(value)
    try:
        number = Decimal(text) if len(text) <= LONGEST_NUMBER and NUMBER.fullmatch(text) else None
    except InvalidOperation:  # an exponent beyond Decimal's own
        number = None
    if number is None or abs(number.adjusted()) > LONGEST_NUMBER:
        raise InvalidOrder(FieldError(field, code, 'must be a finite decimal number, such as "1.5"'))
    return number


def parse_amount(field: str, value: str | int | Decimal, token: Token) -> int:
    """Turn a decimal amount of `token` into base units.

    Raises:
        InvalidOrder: `invalid_amount`, `amount_not_positive`, `too_many_decimals` or `amount_too_large`.
    """
    number = parse_decimal(field, value, "invalid_amount")
    if number <= 0:
        raise InvalidOrder(FieldError(field, "amount_not_positive", "must be greater than 0"))
    units = number.scaleb(token.decimals, _EXACT)
    if units != units.to_integral_value(context=_EXACT):
        message = f"{token.symbol} has {token.decimals} decimals, this amount has more"
        raise InvalidOrder(FieldError(field, "too_many_decimals", message))
    if units > MAX_BASE_UNITS:
        message = f"must be at most {format_amount(MAX_BASE_UNITS, token)} {token.symbol}"
        raise InvalidOrder(FieldError(field, "amount_too_large", message))
    return int(units)


def format_amount(units: int, token: Token) -> str:
    """Turn base units of `token` into a plain decimal string without trailing zeros."""
    return format_decimal(Decimal(units).scaleb(-token.decimals, _EXACT))


def read_amount(text: str, token: Token) -> int:
    """Turn what `format_amount` wrote back into base units."""
    return int(Decimal(text).scaleb(token.decimals, _EXACT))


def format_decimal(number: Decimal) -> str:
    """Write a decimal without exponent and without trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def parse_slippage(field: str, value: str | int | Decimal) -> int:
    """Turn a slippage tolerance, a fraction from 0 to 0.5, into basis points.

    Raises:
        InvalidOrder: `invalid_slippage`.
    """
    number = parse_decimal(field, value, "invalid_slippage")
    bps = _EXACT.multiply(number, Decimal(BASIS_POINTS))
    if not 0 <= bps <= MAX_SLIPPAGE_BPS or bps != bps.to_integral_value(context=_EXACT):
        message = "must be a fraction from 0 to 0.5 with at most 4 decimals, such as 0.01 for 1 %"
        raise InvalidOrder(FieldError(field, "invalid_slippage", message))
    return int(bps)


def min_amount_out(quoted: int, slippage_bps: int) -> int:
    """Return the least amount out (base units) that the tolerance allows: ``floor(quote·(10⁴ − bps)/10⁴)``."""
    return quoted * (BASIS_POINTS - slippage_bps) // BASIS_POINTS


def format_ratio(numerator: int, denominator: int, places: int = 6) -> str:
    """Return ``numerator / denominator`` as a decimal string, rounded half to even at `places` places."""
    rounded = (Decimal(numerator) / Decimal(denominator)).quantize(Decimal(1).scaleb(-places))
    return format_decimal(rounded + 0)  # + 0: no minus before a zero


def format_price(numerator: int, denominator: int) -> str:
    """Return ``numerator / denominator`` with 12 significant digits: prices span many orders of magnitude."""
    return format_decimal(_PRICE.divide(Decimal(numerator), Decimal(denominator)))
