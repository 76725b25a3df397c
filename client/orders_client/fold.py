"""Fold messages that may come twice, out of order or not at all into events: each once, in order, without a gap.

Nothing here waits, sends or reads a clock.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from orders_client.models import Event, Status

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class OrderMessage:
    """The content of one message about an order: some of its events, in any order.

    Args:
        seq: the newest event that exists, in this message or not; so a missing one is noticed.
        status: the order's status as of `seq`.
    """

    order_id: str
    events: tuple[Event, ...]
    seq: int
    status: Status


@dataclass(frozen=True, slots=True)
class Update:
    """An event, delivered once and right after the one before it."""

    order_id: str
    event: Event


@dataclass(slots=True)
class OrderFeed:
    """One order as far as it is known without a gap.

    Args:
        after_seq: events up to this one were known elsewhere; `events` begins right after it.
        synced: whether a message about it has come since it was tracked, or since the last disconnect.
        newest_seq: the newest event that is known to exist.
    """

    order_id: str
    after_seq: int = 0
    events: list[Event] = field(default_factory=list)
    synced: bool = False
    newest_seq: int = 0
    _newest_status: Status | None = None
    _early: dict[int, Event] = field(default_factory=dict)

    @property
    def last_seq(self) -> int:
        """The `seq` of the last event before the first gap: `afterSeq` of a subscription that resumes."""
        return self.after_seq + len(self.events)

    @property
    def has_gap(self) -> bool:
        """Whether events are missing, or may be."""
        return not self.synced or self.newest_seq > self.last_seq

    @property
    def status(self) -> Status | None:
        """The status as of `last_seq`; None as long as nothing is known."""
        if self.events:
            return self.events[-1].status
        return None if self.has_gap else self._newest_status

    @property
    def terminal(self) -> bool:
        """Whether the order has ended, and everything up to its end is known."""
        return self.status is not None and self.status.terminal

    def apply(self, message: OrderMessage) -> list[Event]:
        """Fold a message in and return the events that it makes deliverable, in order."""
        self.synced = True
        if message.seq >= self.newest_seq:
            self.newest_seq, self._newest_status = message.seq, message.status
        for event in message.events:
            if event.seq > self.last_seq:
                self._early.setdefault(event.seq, event)
        fresh = []
        while (following := self._early.pop(self.last_seq + 1, None)) is not None:
            self.events.append(following)
            fresh.append(following)
        return fresh


@dataclass(slots=True)
class Fold:
    """All orders that a client knows of.

    Args:
        keep: how many retired orders are kept; the one retired first is evicted first.
    """

    keep: int = 10_000
    _open: dict[str, OrderFeed] = field(default_factory=dict)
    _retired: dict[str, OrderFeed] = field(default_factory=dict)

    def __getitem__(self, order_id: str) -> OrderFeed:
        """Return what is known of an order. Raises KeyError."""
        return self._open.get(order_id) or self._retired[order_id]

    def __contains__(self, order_id: str) -> bool:
        return order_id in self._open or order_id in self._retired

    def track(self, order_id: str, after_seq: int = 0) -> OrderFeed:
        """Track an order from now on. It has a gap until the first message about it."""
        feed = self._retired.get(order_id)
        if feed is not None and feed.terminal:
            return feed
        self._retired.pop(order_id, None)
        return self._open.setdefault(order_id, feed or OrderFeed(order_id, after_seq))

    def retire(self, order_id: str) -> None:
        """Stop tracking an order that has ended, or that nobody follows any more, but keep what is known of it."""
        feed = self._open.pop(order_id, None)
        if feed is not None:
            self._retired[order_id] = feed
            if len(self._retired) > self.keep:
                del self._retired[next(iter(self._retired))]

    def forget(self, order_id: str) -> None:
        """Drop all that is known of an order."""
        self._open.pop(order_id, None)
        self._retired.pop(order_id, None)

    def mark_stale(self) -> None:
        """Give every open order a gap until the next message about it: it may have gone on while disconnected."""
        for feed in self._open.values():
            feed.synced = False

    def apply(self, message: OrderMessage) -> list[Update]:
        """Fold a message in and return the events that it makes deliverable, in order."""
        feed = self.track(message.order_id)
        fresh = [Update(feed.order_id, event) for event in feed.apply(message)]
        if feed.terminal:
            self.retire(feed.order_id)
        return fresh

    def gaps(self) -> list[str]:
        """Return the orders of which events are missing, or may be."""
        return [feed.order_id for feed in self._open.values() if feed.has_gap]

    def positions(self) -> list[tuple[str, int]]:
        """Return each open order with the `seq` of its last event before a gap."""
        return [(feed.order_id, feed.last_seq) for feed in self._open.values()]

    def delivered(self) -> Iterable[Update]:
        """Yield the delivered events of all orders that are kept, those of each order in order."""
        for feed in (*self._retired.values(), *self._open.values()):
            yield from (Update(feed.order_id, event) for event in feed.events)


@dataclass(slots=True)
class RetryTimers(Generic[K]):
    """Timers with exponential backoff, one for each thing that is missing.

    Args:
        first: seconds until the first retry; doubles with each, as most things come by themselves.
        longest: upper limit of that.
    """

    first: float
    longest: float
    _due: dict[K, tuple[float, float]] = field(default_factory=dict)

    def due(self, missing: Iterable[K], now: float) -> list[K]:
        """Return what of `missing` to retry now; all other timers are dropped. `now` is in seconds, from any origin."""
        due = []
        before, self._due = self._due, {}
        for key in missing:
            moment, wait = before.get(key) or (now + self.first, self.first)
            if moment <= now:
                due.append(key)
                wait = min(2 * wait, self.longest)
                moment = now + wait
            self._due[key] = moment, wait
        return due
