"""The process's own clock, randomness and threads."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")
S = TypeVar("S")

THREADS = 64
"""More than twice the largest batch: every order of a batch may be asking both venues at once, and none must starve."""


class SystemClock:
    """`Clock` on the system's time, in whole milliseconds, as that is what is stored."""

    def now(self) -> datetime:
        """Return the time, cut to milliseconds."""
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class SystemRandomness:
    """`Randomness` from the system's randomness."""

    def jitter(self) -> float:
        """Return a number from 0 to 1."""
        return random.random()  # noqa: S311 - spreads retries, guards nothing

    def order_id(self) -> str:
        """Return a UUID version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, then randomness."""
        milliseconds = time.time_ns() // 1_000_000
        bits = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
        return str(UUID(int=bits))

    def secret(self) -> str:
        """Return 32 bytes of the system's entropy in base64url."""
        return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class ThreadExecutor:
    """`Executor` on threads that live as long as the sandbox."""

    pool: ThreadPoolExecutor = field(default_factory=partial(ThreadPoolExecutor, THREADS, "engine"))

    def run(self, call: Callable[[S], T], items: Sequence[S]) -> list[T | Exception]:
        """Run all but the last on threads, the last one here."""
        if not items:
            return []
        futures = [self.pool.submit(_outcome, call, item) for item in items[:-1]]
        last = _outcome(call, items[-1])
        return [*(future.result() for future in futures), last]


def _outcome(call: Callable[[S], T], item: S) -> T | Exception:
    try:
        return call(item)
    except Exception as error:
        return error
