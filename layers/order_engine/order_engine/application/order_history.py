"""What the history is asked for: lists of orders, and what went wrong with one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from order_engine.domain.events import Data, Status
from order_engine.domain.order import Order
from order_engine.domain.tokens import Token


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders to list; None does not restrict.

    Args:
        user_id: only this user's. Where authentication is on, always the caller.
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
class Failure:
    """An attempt that went wrong.

    Args:
        seq: the event that says so.
        attempt: the number of the attempt, from 1.
        data: the whole error as the event has it.
    """

    seq: int
    attempt: int
    code: str
    message: str
    data: Data
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class OrderTrail:
    """One order with all its events, and every failed attempt."""

    order: Order
    failures: tuple[Failure, ...]


class HistoryReader(Protocol):
    """The read side of the history."""

    def list_orders(self, wanted: OrderFilter, limit: int, after: Position | None = None) -> Page:
        """Return up to `limit` orders, newest first, those of the same millisecond by descending id."""

    def trail(self, order_id: str) -> OrderTrail:
        """Return the order as the history knows it. Raises `OrderNotFound`."""


def failures(order: Order) -> Iterator[Failure]:
    """Yield each failed attempt: a retry tells of the attempt before it, `failed` of the last one."""
    attempt = 0
    for event in order.events:
        if event.seq > 1 and event.status in (Status.PENDING, Status.FAILED):
            error = event.data["error"]
            yield Failure(event.seq, attempt, error["code"], error["message"], error, event.timestamp)
        attempt += event.status is Status.PENDING
