"""Settings: a function's environment variables as one frozen, typed value, checked as a whole before it is used.

A setting is a field of a dataclass; its variable has the field's name in upper case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, fields
from enum import StrEnum
from typing import Any, TypeVar

from order_engine.domain.amounts import parse_slippage
from order_engine.domain.errors import InvalidOrder

S = TypeVar("S")


class InvalidSettings(Exception):
    """Settings are missing or make no sense.

    Args:
        problems: one for each setting; each names it and says what would be right.
    """

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def text() -> Any:
    """A setting that must not be empty."""
    return field(metadata={"parse": str})


def texts() -> Any:
    """Several, separated by commas; none of them empty."""

    def parse(value: str) -> tuple[str, ...]:
        parts = tuple(value.split(","))
        if not all(parts):
            raise ValueError("must be texts separated by commas")
        return parts

    return field(metadata={"parse": parse})


def optional_text() -> Any:
    """A setting that the template leaves out where there is nothing to say; then it is empty."""
    return field(metadata={"parse": str}, default="")


def integer(least: int, most: int) -> Any:
    """A whole number within bounds."""
    return _number(int, least, most, "a whole number")


def number(least: float, most: float) -> Any:
    """A number within bounds."""
    return _number(float, least, most, "a number")


def choice(kind: type[StrEnum]) -> Any:
    """One of an enumeration's values."""

    def parse(value: str) -> StrEnum:
        try:
            return kind(value)
        except ValueError:
            raise ValueError(f"must be one of {', '.join(kind)}") from None

    return field(metadata={"parse": parse})


def slippage() -> Any:
    """A slippage tolerance, kept as text: a fraction from 0 to 0.5."""

    def parse(value: str) -> str:
        try:
            parse_slippage("", value)
        except InvalidOrder as error:
            raise ValueError(error.errors[0].message) from error
        return value

    return field(metadata={"parse": parse})


def _number(parse: Callable[[str], float], least: float, most: float, kind: str) -> Any:
    def bounded(value: str) -> float:
        message = f"must be {kind} from {least} to {most}"
        try:
            parsed = parse(value)
        except ValueError:
            raise ValueError(message) from None
        if not least <= parsed <= most:
            raise ValueError(message)
        return parsed

    return field(metadata={"parse": bounded, "bounds": (least, most)})


def read_settings(kind: type[S], variables: Mapping[str, str]) -> S:
    """Return the settings that the variables say.

    Raises:
        InvalidSettings: with every problem there is.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for setting in fields(kind):  # type: ignore[arg-type]
        variable = setting.name.upper()
        value = variables.get(variable, "")
        if not value and setting.default == "":
            continue
        if not value:
            problems.append(f"{variable} is not set; the template sets it for every function that needs it.")
            continue
        try:
            values[setting.name] = setting.metadata["parse"](value)
        except ValueError as error:
            problems.append(f"{variable} {error}; it is {value!r}.")
    if problems:
        raise InvalidSettings(tuple(problems))
    return kind(**values)
