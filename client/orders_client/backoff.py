"""Exponential backoff with full jitter."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits before retries, drawn at random so that many clients don't retry all at once.

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

    Args:
        first: upper limit of the first wait in seconds; it doubles with each retry.
        longest: upper limit of every wait in seconds.
        jitter: returns a number from 0 to 1, the share of the limit that is waited.
    """

    first: float = 0.25
    longest: float = 15.0
    jitter: Callable[[], float] = random.random

    def delay(self, failures: int) -> float:
        """Return the seconds to wait after so many failures in a row (from 1)."""
        # Beyond 2^20 the limit is `longest` in any case, and a float has no room for 2^1100.
        return self.jitter() * min(self.longest, self.first * 2.0 ** min(failures - 1, 20))
