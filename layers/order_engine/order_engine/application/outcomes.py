"""What an `Executor` returns, when every call has to have worked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def results(outcomes: Iterable[T | Exception]) -> list[T]:
    """Return the results, or raise the first exception among them."""
    worked: list[T] = []
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
        worked.append(outcome)
    return worked
