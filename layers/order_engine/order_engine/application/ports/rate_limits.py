"""How many orders a user may place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

RATE_WINDOW = 60
"""Seconds in which a user's orders are counted."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a user may still do in the current window.

    Args:
        limit: orders in a window.
        remaining: orders left in this one.
        resets_in: whole seconds until the next window begins.
    """

    limit: int
    remaining: int
    resets_in: int


class RateLimiter(Protocol):
    """Counts the orders of each user."""

    def admit(self, user_id: str) -> Allowance | None:
        """Count one order and return what is left, or None where there is no limit. Raises `RateLimited`."""


class Unlimited:
    """`RateLimiter` that lets everything through."""

    def admit(self, _user_id: str) -> None:
        """Count nothing."""
