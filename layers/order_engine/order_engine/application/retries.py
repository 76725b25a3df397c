"""How often, and after which pause, an order is tried again."""

from __future__ import annotations

from dataclasses import dataclass

JITTER = 0.25
"""The share by which a pause may grow, so that orders that failed together don't come back together."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Retries after the first attempt, with exponential backoff.

    Args:
        max_retries: attempts after the first.
        base_delay: seconds before the first retry; each further pause is twice as long.
    """

    max_retries: int
    base_delay: float

    def allows_after(self, attempt: int) -> bool:
        """Whether attempt number `attempt` (from 1) may be followed by another."""
        return attempt <= self.max_retries

    def delay_after(self, attempt: int, jitter: float) -> float:
        """Return the pause in seconds after attempt number `attempt`; `jitter` is from 0 to 1."""
        return float(self.base_delay * 2 ** (attempt - 1) * (1 + JITTER * jitter))
