"""What a client knows of orders, folded from messages that may come twice, out of order, or not at all.

Nothing here waits, sends or reads a clock: messages go in, events come out, each once, in order, without a gap.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from orders_client.models import Event, Status

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class News:
    """What one message says of an order: some of its events, in any order.

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
    """An event, delivered: the first that this client hears of it, and right after the one before it."""

    order_id: str
    event: Event


@dataclass(slots=True)
class OrderFeed:
    """One order as far as it is known without a gap.

    Args:
        after_seq: events up to this one were known elsewhere; `events` begins right after it.
        heard_of: whether anything was heard of it since it was asked for, or since the connection was cut.
        newest_seq: the newest event that is known to exist.
    """

    order_id: str
    after_seq: int = 0
    events: list[Event] = field(default_factory=list)
    heard_of: bool = False
    newest_seq: int = 0
    _newest_status: Status | None = None
    _early: dict[int, Event] = field(default_factory=dict)

    @property
    def last_seq(self) -> int:
        """The last event before the first gap. To resume, ask for what comes after it."""
        return self.after_seq + len(self.events)

    @property
    def has_gap(self) -> bool:
        """Whether there are events that are not known yet, or may be."""
        return not self.heard_of or self.newest_seq > self.last_seq

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

    def take(self, news: News) -> list[Event]:
        """Fold a message in and return the events that are now next, in order."""
        self.heard_of = True
        if news.seq >= self.newest_seq:
            self.newest_seq, self._newest_status = news.seq, news.status
        for event in news.events:
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
        keep: how many orders at rest are remembered; the one that has rested longest is forgotten first.
    """

    keep: int = 10_000
    _open: dict[str, OrderFeed] = field(default_factory=dict)
    _resting: dict[str, OrderFeed] = field(default_factory=dict)

    def __getitem__(self, order_id: str) -> OrderFeed:
        """Return what is known of an order. Raises KeyError."""
        return self._open.get(order_id) or self._resting[order_id]

    def __contains__(self, order_id: str) -> bool:
        return order_id in self._open or order_id in self._resting

    def track(self, order_id: str, after_seq: int = 0) -> OrderFeed:
        """Follow an order from now on. As long as nothing is heard of it, it has a gap."""
        feed = self._resting.get(order_id)
        if feed is not None and feed.terminal:
            return feed
        self._resting.pop(order_id, None)
        return self._open.setdefault(order_id, feed or OrderFeed(order_id, after_seq))

    def rest(self, order_id: str) -> None:
        """Let an order rest: it has ended, or nobody wants to know how it goes on."""
        feed = self._open.pop(order_id, None)
        if feed is not None:
            self._resting[order_id] = feed
            if len(self._resting) > self.keep:
                del self._resting[next(iter(self._resting))]

    def forget(self, order_id: str) -> None:
        """Drop all that is known of an order."""
        self._open.pop(order_id, None)
        self._resting.pop(order_id, None)

    def doubt(self) -> None:
        """The connection was cut: every open order may have gone on. Each has a gap until it is heard of again."""
        for feed in self._open.values():
            feed.heard_of = False

    def take(self, news: News) -> list[Update]:
        """Fold a message in and return what is new."""
        feed = self.track(news.order_id)
        fresh = [Update(feed.order_id, event) for event in feed.take(news)]
        if feed.terminal:
            self.rest(feed.order_id)
        return fresh

    def gaps(self) -> list[str]:
        """Return the orders of which events are missing, or may be."""
        return [feed.order_id for feed in self._open.values() if feed.has_gap]

    def positions(self) -> list[tuple[str, int]]:
        """Return each open order with the last event that is known of it."""
        return [(feed.order_id, feed.last_seq) for feed in self._open.values()]

    def known(self) -> Iterable[Update]:
        """Yield all that has been delivered and is still remembered, in order."""
        for feed in (*self._resting.values(), *self._open.values()):
            yield from (Update(feed.order_id, event) for event in feed.events)


@dataclass(slots=True)
class Reminders(Generic[K]):
    """When to ask (again) for what has not come yet.

    Args:
        patience: seconds until it is asked for the first time, as most things come by themselves. Doubles each time.
        longest: upper limit of that.
    """

    patience: float
    longest: float
    _due: dict[K, tuple[float, float]] = field(default_factory=dict)

    def due(self, missing: Iterable[K], now: float) -> list[K]:
        """Return what of `missing` is to be asked for now; `now` is in seconds, from any origin."""
        due = []
        before, self._due = self._due, {}
        for key in missing:
            moment, wait = before.get(key) or (now + self.patience, self.patience)
            if moment <= now:
                due.append(key)
                wait = min(2 * wait, self.longest)
                moment = now + wait
            self._due[key] = moment, wait
        return due
