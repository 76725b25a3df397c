"""The settings, read from the environment and checked before the first event is handled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from order_engine.domain.amounts import parse_slippage
from order_engine.domain.errors import InvalidOrder

T = TypeVar("T", bound=float)


class InvalidSetting(Exception):
    """A setting is missing or makes no sense. The message names it and says what would be right."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Typed access to environment variables."""

    variables: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return a variable that must be set. Raises `InvalidSetting`."""
        if not (value := self.variables.get(name, "")):
            raise InvalidSetting(f"{name} is not set; the template sets it for every function that needs it.")
        return value

    def integer(self, name: str, least: int, most: int) -> int:
        """Return a whole number within bounds. Raises `InvalidSetting`."""
        return self._parsed(name, int, least, most, "a whole number")

    def number(self, name: str, least: float, most: float) -> float:
        """Return a number within bounds. Raises `InvalidSetting`."""
        return self._parsed(name, float, least, most, "a number")

    def slippage(self, name: str) -> str:
        """Return a slippage tolerance as text. Raises `InvalidSetting`."""
        value = self.text(name)
        try:
            parse_slippage(name, value)
        except InvalidOrder as error:
            raise InvalidSetting(f"{error}; it is {value!r}.") from error
        return value

    def _parsed(self, name: str, parse: Callable[[str], T], least: float, most: float, kind: str) -> T:
        value = self.text(name)
        try:
            parsed = parse(value)
        except ValueError:
            parsed = None
        if parsed is None or not least <= parsed <= most:
            raise InvalidSetting(f"{name} must be {kind} from {least} to {most}; it is {value!r}.")
        return parsed
