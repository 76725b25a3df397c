"""What a process has of its own: time, randomness and threads. Ports, so that a simulation can drive them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

T = TypeVar("T")
S = TypeVar("S")


class Clock(Protocol):
    """Time."""

    def now(self) -> datetime:
        """Return the aware UTC time, in whole milliseconds."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Deadline(Protocol):
    """How long this invocation may still run."""

    def remaining(self) -> float:
        """Return the seconds left."""


class Randomness(Protocol):
    """Jitter and ids."""

    def jitter(self) -> float:
        """Return a number from 0 to 1."""

    def order_id(self) -> str:
        """Return a new time-ordered UUID (version 7)."""

    def secret(self) -> str:
        """Return 256 bits that nobody can guess, as 43 letters that may stand in an address."""


class Executor(Protocol):
    """Runs calls side by side, so that their waits overlap."""

    def run(self, call: Callable[[S], T], items: Sequence[S]) -> list[T | Exception]:
        """Apply `call` to each item; return each one's result or the exception it raised, in order."""
