"""Time, randomness and execution under a test's control."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")
S = TypeVar("S")


@dataclass(slots=True)
class ManualClock:
    """`Clock` that moves only when somebody sleeps or moves it."""

    time: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the time."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Move on, by whole milliseconds as the stored times are."""
        self.time += timedelta(milliseconds=-int(-seconds * 1000 // 1))


@dataclass(slots=True)
class ClockDeadline:
    """`Deadline` so many seconds after its making."""

    clock: ManualClock
    seconds: float
    started: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock.now()

    def remaining(self) -> float:
        """Return the seconds left."""
        return self.seconds - (self.clock.now() - self.started).total_seconds()


@dataclass(slots=True)
class SeededRandomness:
    """`Randomness` that is the same for the same seed."""

    random: Random = field(default_factory=lambda: Random(0))  # noqa: S311 - repeatable on purpose

    def jitter(self) -> float:
        """Return a number from 0 to 1."""
        return self.random.random()

    def order_id(self) -> str:
        """Return a UUID."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def secret(self) -> str:
        """Return 32 bytes in base64url."""
        return urlsafe_b64encode(self.random.randbytes(32)).rstrip(b"=").decode()


class SequentialExecutor:
    """`Executor` that makes one call after the other."""

    def run(self, call: Callable[[S], T], items: Sequence[S]) -> list[T | Exception]:
        """Apply the call to each item."""
        return [_outcome(call, item) for item in items]


def _outcome(call: Callable[[S], T], item: S) -> T | Exception:
    try:
        return call(item)
    except Exception as error:
        return error
