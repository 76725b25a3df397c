"""The rate limit in memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

from order_engine.application.errors import RateLimited
from order_engine.application.ports import RATE_WINDOW, Allowance, Clock


@dataclass(slots=True)
class InMemoryRateLimiter:
    """`RateLimiter` with a counter for each user and minute. Threads may share it.

    Args:
        limit: orders a minute, at least 1.
    """

    clock: Clock
    limit: int
    orders: Counter[tuple[int, str]] = field(default_factory=Counter)
    _one_at_a_time: Lock = field(default_factory=Lock)

    def admit(self, user_id: str) -> Allowance:
        """Count one order, unless the window is full."""
        window, elapsed = divmod(int(self.clock.now().timestamp()), RATE_WINDOW)
        resets_in = RATE_WINDOW - elapsed
        with self._one_at_a_time:
            if self.orders[window, user_id] >= self.limit:
                raise RateLimited(self.limit, resets_in)
            self.orders[window, user_id] += 1
            return Allowance(self.limit, self.limit - self.orders[window, user_id], resets_in)
