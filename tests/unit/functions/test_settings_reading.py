"""Settings: typed, bounded, and refused all at once with sentences that name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from typing import Any

import pytest

from order_engine.entrypoints.settings import (
    InvalidSettings,
    choice,
    integer,
    number,
    optional_text,
    read_settings,
    slippage,
    text,
    texts,
)
from tests.support.functions import NAMES, load


class Mode(StrEnum):
    """Two of which one is chosen."""

    ON = "on"
    OFF = "off"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A setting of each kind."""

    table: str = text()
    attempts: int = integer(0, 10)
    rate: float = number(0, 1)
    tolerance: str = slippage()
    parts: tuple[str, ...] = texts()
    mode: Mode = choice(Mode)  # noqa: RUF009 - a field, as the others
    comment: str = optional_text()


GOOD = {"TABLE": "orders", "ATTEMPTS": "7", "RATE": "0.5", "TOLERANCE": "0.0050", "PARTS": "a,b c", "MODE": "on"}


def read(**variables: str) -> Settings:
    return read_settings(Settings, GOOD | variables)


def problems(variables: Mapping[str, str]) -> tuple[str, ...]:
    with pytest.raises(InvalidSettings) as invalid:
        read_settings(Settings, variables)
    assert str(invalid.value) == "\n".join(invalid.value.problems)
    return invalid.value.problems


def test_each_variable_becomes_the_field_of_its_name() -> None:
    settings = read(SOMETHING_ELSE="is nobody's business")
    assert settings == Settings(
        table="orders", attempts=7, rate=0.5, tolerance="0.0050", parts=("a", "b c"), mode=Mode.ON
    )
    assert (type(settings.attempts), type(settings.rate), type(settings.mode)) == (int, float, Mode)


def test_values_are_read_with_their_bounds() -> None:
    assert [read(ATTEMPTS=value).attempts for value in ("0", "7", "10")] == [0, 7, 10]
    assert [read(RATE=value).rate for value in ("0", "0.02", "1", "1.0")] == [0, 0.02, 1, 1]
    assert [read(TOLERANCE=value).tolerance for value in ("0", "0.0050", "0.5")] == ["0", "0.0050", "0.5"]


@pytest.mark.parametrize("value", ["11", "-1", "1.5", "", "ten", "nan"])
def test_a_whole_number_out_of_bounds_is_refused(value: str) -> None:
    with pytest.raises(InvalidSettings, match=r"^ATTEMPTS "):
        read(ATTEMPTS=value)


@pytest.mark.parametrize("value", ["1.01", "-0.01", "", "nan", "inf", "-inf", "half"])
def test_a_number_out_of_bounds_is_refused(value: str) -> None:
    with pytest.raises(InvalidSettings, match=r"^RATE "):
        read(RATE=value)


@pytest.mark.parametrize("value", ["0.51", "-0.01", "5", "", "1%", "0.00001"])
def test_a_slippage_out_of_bounds_is_refused(value: str) -> None:
    with pytest.raises(InvalidSettings, match=r"^TOLERANCE "):
        read(TOLERANCE=value)


@pytest.mark.parametrize("value", ["ON", "on ", "", "1", "true", "on,off", "Mode.ON"])
def test_a_choice_is_one_of_the_words_exactly(value: str) -> None:
    assert read(MODE="off").mode is Mode.OFF
    with pytest.raises(InvalidSettings, match=r"^MODE "):
        read(MODE=value)


@pytest.mark.parametrize("value", ["", ",", "a,", ",a", "a,,b"])
def test_of_several_texts_none_is_empty(value: str) -> None:
    assert read(PARTS="a").parts == ("a",)
    with pytest.raises(InvalidSettings, match=r"^PARTS "):
        read(PARTS=value)


def test_where_there_is_nothing_to_say_nothing_is_said() -> None:
    assert (read().comment, read(COMMENT="").comment, read(COMMENT="something").comment) == ("", "", "something")


def test_the_sentence_says_what_would_be_right() -> None:
    assert problems(GOOD | {"ATTEMPTS": "many"}) == ("ATTEMPTS must be a whole number from 0 to 10; it is 'many'.",)
    assert problems(GOOD | {"MODE": "up"}) == ("MODE must be one of on, off; it is 'up'.",)
    assert problems(GOOD | {"RATE": "2"}) == ("RATE must be a number from 0 to 1; it is '2'.",)
    (problem,) = problems(GOOD | {"TOLERANCE": "5"})
    assert problem.startswith("TOLERANCE must be a fraction from 0 to 0.5 ")
    assert problem.endswith("; it is '5'.")


@pytest.mark.parametrize("missing", GOOD)
@pytest.mark.parametrize("empty", [True, False])
def test_a_setting_has_no_default(missing: str, empty: bool) -> None:
    given = {variable: value for variable, value in GOOD.items() if variable != missing}
    expected = f"{missing} is not set; the template sets it for every function that needs it."
    assert problems(given | ({missing: ""} if empty else {})) == (expected,)


def test_all_problems_are_told_at_once() -> None:
    told = problems({"ATTEMPTS": "many", "RATE": "2", "TOLERANCE": "0.0050", "PARTS": "a,"})
    assert [problem.partition(" ")[0] for problem in told] == ["TABLE", "ATTEMPTS", "RATE", "PARTS", "MODE"]


@pytest.mark.parametrize("function", NAMES)
def test_no_function_has_a_setting_with_a_default_but_those_where_there_may_be_nothing_to_say(function: str) -> None:
    kind: Any = load(function).deployed.kind
    assert all(setting.default_factory is MISSING and setting.default in (MISSING, "") for setting in fields(kind))
    with pytest.raises(InvalidSettings) as invalid:
        read_settings(kind, {})
    assert [problem.partition(" ")[0] for problem in invalid.value.problems] == [
        setting.name.upper() for setting in fields(kind) if setting.default is MISSING
    ]


@pytest.mark.parametrize("function", NAMES)
def test_every_function_has_frozen_settings(function: str) -> None:
    kind: Any = load(function).deployed.kind
    assert kind.__dataclass_params__.frozen
    assert fields(kind)
