"""What an `Executor` returns, when every call has to have worked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def results_or_raise(outcomes: Iterable[T | Exception]) -> list[T]:
    """Return the results, or raise the first exception among them."""
    results: list[T] = []
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
        results.append(outcome)
    return results
