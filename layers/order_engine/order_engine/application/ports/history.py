"""The order history in Postgres, and the counts of orders that are published from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from order_engine.domain.events import Failed, Fault, RetryScheduled, Status
from order_engine.domain.order import Order
from order_engine.domain.tokens import Token


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """The number of orders in each status at one moment.

    Args:
        counted_at: microseconds since the epoch by the history's own clock; later counts have a later moment.
    """

    counted_at: int
    orders: Mapping[str, int]


class History(Protocol):
    """The orders in Postgres, for lists, reports and audits."""

    def record(self, orders: Sequence[Order]) -> StatusCounts:
        """Fold these orders in, in one transaction; return the number of orders in each status afterwards.

        The same orders again, or older versions of them, change nothing.
        """

    def recount(self) -> StatusCounts:
        """Count all orders anew instead of by what changes, and return the numbers."""


class PublishedCounts(Protocol):
    """The numbers of orders by status, kept where the public API can read them without Postgres."""

    def publish(self, counts: StatusCounts) -> None:
        """Replace the counts, unless those of a later moment are there already."""

    def read(self) -> Mapping[str, int]:
        """Return the numbers as last published."""


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders to list; None does not restrict.

    Args:
        user_id: only this user's.
    """

    user_id: str | None = None
    status: Status | None = None
    token_in: Token | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the list of orders, newest first: right after this order."""

    created_at: datetime
    order_id: str


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, and where the next one begins; None at the end of the list."""

    orders: tuple[Order, ...]
    following: Position | None


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """An attempt that went wrong.

    Args:
        seq: the event that says so.
        attempt: the number of the attempt, from 1.
    """

    seq: int
    attempt: int
    fault: Fault
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class OrderTrail:
    """One order with all its events, and every failed attempt."""

    order: Order
    failed_attempts: tuple[FailedAttempt, ...]


class HistoryReader(Protocol):
    """The read side of the history."""

    def list_orders(self, wanted: OrderFilter, limit: int, after: Position | None = None) -> Page:
        """Return up to `limit` orders, newest first, those of the same millisecond by descending id."""

    def trail(self, order_id: str) -> OrderTrail:
        """Return the order as the history knows it. Raises `OrderNotFound`."""

    def check(self) -> None:
        """Raise `DependencyUnavailable` unless Postgres answers and is migrated."""


def failed_attempts(order: Order) -> Iterator[FailedAttempt]:
    """Yield each failed attempt: a retry tells of the attempt before it, `failed` of the last one."""
    attempt = 0
    for event in order.events:
        if isinstance(event, RetryScheduled | Failed):
            yield FailedAttempt(event.seq, attempt, event.fault, event.timestamp)
        attempt += event.status is Status.PENDING
