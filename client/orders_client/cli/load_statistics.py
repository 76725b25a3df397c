"""Statistics of a load of orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from orders_client.fold import Update
from orders_client.models import Status


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Seconds within which half, and 95 of 100, were done: median and 95th percentile."""

    p50: float
    p95: float


def quantiles(seconds: list[float]) -> Quantiles | None:
    """Return the nearest-rank quantiles, rounded to milliseconds; None of no values."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    p50, p95 = (round(ordered[-(-len(ordered) * percent // 100) - 1], 3) for percent in (50, 95))
    return Quantiles(p50, p95)


@dataclass(frozen=True, slots=True)
class LoadReport:
    """The result of a load. Times are in seconds.

    Args:
        refused: how many orders were not accepted, by error code.
        ended: how many ended, by status; `open` is how many have not.
        orders_per_second: ended orders, from the first request to the last end.
        time_to_accept: from a request to its answer.
        time_to_confirm: from acceptance to confirmation, by the engine's own clock.
        time_to_hear: from a request to the `confirmed` event on the stream.
    """

    orders: int
    accepted: int
    refused: Mapping[str, int]
    ended: Mapping[str, int]
    open: int
    seconds: float
    orders_per_second: float
    time_to_accept: Quantiles | None
    time_to_confirm: Quantiles | None
    time_to_hear: Quantiles | None


@dataclass(slots=True)
class LoadStatistics:
    """Collects the events of a load of orders. Moments are seconds of one clock."""

    started_at: float
    refused: Counter[str] = field(default_factory=Counter)
    _accepted: dict[str, tuple[float, float]] = field(default_factory=dict)
    _accepted_at: dict[str, datetime] = field(default_factory=dict)
    _ended: dict[str, tuple[Update, float]] = field(default_factory=dict)

    def add_accepted(self, order_id: str, sent: float, answered: float) -> None:
        """Add an accepted order."""
        self._accepted[order_id] = sent, answered

    def add_event(self, update: Update, now: float) -> None:
        """Add an event, also of an order whose acceptance has not come back yet, or that is not of this load."""
        if update.event.seq == 1:
            self._accepted_at[update.order_id] = update.event.timestamp
        if update.event.status.terminal:
            self._ended[update.order_id] = update, now

    @property
    def accepted(self) -> int:
        """How many orders were accepted."""
        return len(self._accepted)

    @property
    def ended(self) -> int:
        """How many of the accepted orders have ended."""
        return len(self._accepted.keys() & self._ended.keys())

    def statuses(self) -> list[Status]:
        """Return how the accepted orders ended."""
        return [self._ended[order_id][0].event.status for order_id in self._accepted if order_id in self._ended]

    def report(self, orders: int) -> LoadReport:
        """Return the statistics of so many orders."""
        ended = [(order_id, *self._ended[order_id]) for order_id in self._accepted if order_id in self._ended]
        confirmed = [order for order in ended if order[1].event.status is Status.CONFIRMED]
        seconds = max([now for _, _, now in ended], default=self.started_at) - self.started_at
        return LoadReport(
            orders=orders,
            accepted=self.accepted,
            refused=dict(self.refused),
            ended=dict(Counter(status.value for status in self.statuses())),
            open=self.accepted - len(ended),
            seconds=round(seconds, 3),
            orders_per_second=round(len(ended) / seconds, 1) if seconds else 0.0,
            time_to_accept=quantiles([answered - sent for sent, answered in self._accepted.values()]),
            time_to_confirm=quantiles([self._seconds_in_engine(order_id, update) for order_id, update, _ in confirmed]),
            time_to_hear=quantiles([now - self._accepted[order_id][0] for order_id, _, now in confirmed]),
        )

    def _seconds_in_engine(self, order_id: str, end: Update) -> float:
        return (end.event.timestamp - self._accepted_at[order_id]).total_seconds()
