"""Amounts: exact from the text that was entered to base units and back, and nothing else gets in."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from order_engine.domain.amounts import (
    MAX_BASE_UNITS,
    format_amount,
    format_decimal,
    format_ratio,
    min_amount_out,
    parse_amount,
    parse_slippage,
    read_amount,
)
from order_engine.domain.errors import InvalidOrder
from order_engine.domain.tokens import TOKENS, Token, token

SOL, USDC, BONK = token("SOL"), token("USDC"), token("BONK")


def fault(parse: Callable[[], object]) -> tuple[str, str]:
    """Return field and code of the only fault found."""
    with pytest.raises(InvalidOrder) as refused:
        parse()
    (error,) = refused.value.errors
    return error.field, error.code


@pytest.mark.parametrize(
    ("entered", "units"),
    [
        ("1", 1_000_000_000),
        ("1.5", 1_500_000_000),
        ("1.50000000000", 1_500_000_000),
        ("0.000000001", 1),
        ("1e-9", 1),
        ("1E3", 1_000_000_000_000),
        (".5", 500_000_000),
        ("5.", 5_000_000_000),
        ("+2", 2_000_000_000),
        ("007", 7_000_000_000),
        (3, 3_000_000_000),
        (Decimal("0.1"), 100_000_000),
        ("9007199.254740993", 2**53 + 1),
        ("18446744073.709551615", MAX_BASE_UNITS),
    ],
)
def test_an_amount_is_read_exactly(entered: str | int | Decimal, units: int) -> None:
    assert parse_amount("amountIn", entered, SOL) == units


@pytest.mark.parametrize(
    ("entered", "code"),
    [
        *(
            (text, "invalid_amount")
            for text in (
                *("", " ", "x", "1,5", "1 5", " 1", "1\n", "\t1", "1_000", "0x10", "--1", "1e", "e5", ".", "1.2.3"),
                *("NaN", "nan", "sNaN", "-NaN", "Infinity", "-Infinity", "inf", "1e400", "-1e400", "1e-400"),
                *("1" * 100, "0." + "1" * 100, "1e99999999999999999999", "\u0661", "\uff11", "\xbd", "1\0", "\ud800"),
            )
        ),
        *((text, "amount_not_positive") for text in ("0", "0.0", "-0", "0e5", "-1", "-0.000000001", "-1e-30")),
        *((text, "too_many_decimals") for text in ("0.0000000001", "1.0000000001", "1e-10", "1e-40")),
        *((text, "amount_too_large") for text in ("18446744073.709551616", "1e11", "1e40", "9" * 40)),
    ],
)
def test_any_other_amount_is_refused_with_its_field_and_a_reason(entered: str, code: str) -> None:
    assert fault(lambda: parse_amount("amountIn", entered, SOL)) == ("amountIn", code)


def test_how_many_decimals_are_too_many_depends_on_the_token() -> None:
    assert parse_amount("amountIn", "0.000001", USDC) == 1
    assert fault(lambda: parse_amount("amountIn", "0.000001", BONK))[1] == "too_many_decimals"


@given(st.integers(1, MAX_BASE_UNITS), st.sampled_from(TOKENS))
def test_every_amount_survives_the_way_out_and_in(units: int, of: Token) -> None:
    text = format_amount(units, of)
    assert parse_amount("amountIn", text, of) == units
    assert read_amount(text, of) == units


@given(st.decimals(allow_nan=True, allow_infinity=True) | st.text() | st.integers(), st.sampled_from(TOKENS))
def test_whatever_comes_in_is_exact_or_refused(entered: str | int | Decimal, of: Token) -> None:
    try:
        units = parse_amount("amountIn", entered, of)
    except InvalidOrder:
        return
    assert 0 < units <= MAX_BASE_UNITS
    assert Decimal(units).scaleb(-of.decimals) == Decimal(str(entered))


@pytest.mark.parametrize(
    ("units", "text"), [(0, "0"), (1, "0.000001"), (1_000_000, "1"), (1_230_000, "1.23"), (10_000_000, "10")]
)
def test_amounts_are_written_plainly(units: int, text: str) -> None:
    assert format_amount(units, USDC) == text
    assert read_amount(text, USDC) == units


@pytest.mark.parametrize(("number", "text"), [("1E+3", "1000"), ("1E-9", "0.000000001"), ("1.10", "1.1"), ("0", "0")])
def test_plain_numbers_have_no_exponent(number: str, text: str) -> None:
    assert format_decimal(Decimal(number)) == text


@pytest.mark.parametrize(
    ("entered", "bps"),
    [("0", 0), ("0.0001", 1), ("0.01", 100), (Decimal("0.01"), 100), ("1e-2", 100), ("0.5", 5000), ("0.50000", 5000)],
)
def test_a_slippage_is_read_as_basis_points(entered: str | Decimal, bps: int) -> None:
    assert parse_slippage("slippage", entered) == bps


@pytest.mark.parametrize(
    "entered", ["-1", "-0.0001", "0.5001", "0.51", "5", "1e400", "0.00005", "0.01001", "NaN", "1%", "", " 0.01"]
)
def test_any_other_slippage_is_refused(entered: str) -> None:
    assert fault(lambda: parse_slippage("slippage", entered)) == ("slippage", "invalid_slippage")


@pytest.mark.parametrize(
    ("quoted", "bps", "least"),
    [(10_000, 100, 9_900), (10_001, 100, 9_900), (1, 100, 0), (1, 0, 1), (2**64 - 1, 5_000, 2**63 - 1)],
)
def test_the_least_amount_out_is_rounded_down(quoted: int, bps: int, least: int) -> None:
    assert min_amount_out(quoted, bps) == least


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [(1, 3, "0.333333"), (2, 3, "0.666667"), (1, 2_000_000, "0"), (3, 2_000_000, "0.000002"), (5, 1, "5")],
)
def test_a_ratio_is_rounded_half_to_even(numerator: int, denominator: int, text: str) -> None:
    assert format_ratio(numerator, denominator) == text


def test_a_ratio_that_rounds_to_nothing_has_no_sign() -> None:
    assert format_ratio(-1, 10**9) == "0"
    assert format_ratio(-1, 10) == "-0.1"
