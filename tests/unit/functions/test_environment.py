"""Environment variables: typed, bounded, and refused with a sentence that names them."""

from __future__ import annotations

import pytest

from order_engine.config import Environment, InvalidSetting


def environment(value: str) -> Environment:
    return Environment({"SETTING": value})


def test_values_are_read_with_their_bounds() -> None:
    assert environment("text").text("SETTING") == "text"
    assert [environment(text).integer("SETTING", 0, 10) for text in ("0", "7", "10")] == [0, 7, 10]
    assert [environment(text).number("SETTING", 0, 1) for text in ("0", "0.02", "1", "1.0")] == [0, 0.02, 1, 1]
    assert environment("0.0050").slippage("SETTING") == "0.0050"


@pytest.mark.parametrize("text", ["11", "-1", "1.5", "", "ten", "nan"])
def test_a_whole_number_out_of_bounds_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match="SETTING"):
        environment(text).integer("SETTING", 0, 10)


@pytest.mark.parametrize("text", ["1.01", "-0.01", "", "nan", "inf", "-inf", "half"])
def test_a_number_out_of_bounds_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match="SETTING"):
        environment(text).number("SETTING", 0, 1)


@pytest.mark.parametrize("text", ["0.51", "-0.01", "5", "", "1%", "0.00001"])
def test_a_slippage_out_of_bounds_is_refused(text: str) -> None:
    with pytest.raises(InvalidSetting, match="SETTING"):
        environment(text).slippage("SETTING")


def test_the_sentence_says_what_would_be_right() -> None:
    with pytest.raises(InvalidSetting, match=r"^SETTING must be a whole number from 0 to 10; it is 'many'\.$"):
        environment("many").integer("SETTING", 0, 10)
    with pytest.raises(InvalidSetting, match="MISSING is not set"):
        environment("x").text("MISSING")
