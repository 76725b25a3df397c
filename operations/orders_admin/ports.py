"""What the operators' commands need of a stack: its dead letters, and a way to fill its history again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from orders_client.errors import OrdersError

VISIBILITY_TIMEOUT = 300
"""Seconds for which a received letter is invisible to others: time for the operator to decide."""

Item = dict[str, Any]
"""An order as the order table stores it."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was moved to the dead letter queue.

    Args:
        id: its message id, the same in each receive.
        order_id: the order it is about; None where the body names none.
        sent_at: when it was sent to the order queue.
        receipt_handle: deletes or releases it, as long as it is invisible.
        visible_at: seconds since 1970; when its visibility timeout ends.
        group: its message group, which is kept.
    """

    id: str
    body: str
    order_id: str | None
    sent_at: datetime
    receipt_handle: str
    visible_at: float
    group: str | None = None


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order in the order table: its status, and its number of events."""

    status: str
    version: int


class DeadLetterQueue(Protocol):
    """The dead letters of one stack. Every call raises `OrdersError` where AWS refuses or can't be reached."""

    def receive(self) -> list[DeadLetter]:
        """Receive the visible letters, each once; they are invisible to others for `VISIBILITY_TIMEOUT` seconds."""

    def count_in_flight(self) -> int:
        """Return about how many letters are invisible, those that were received here included."""

    def find_order(self, letter: DeadLetter) -> StoredOrder | None:
        """Return a letter's order, or None where there is none."""

    def is_held(self, letter: DeadLetter) -> bool:
        """Whether the letter stays invisible for long enough to do something with it."""

    def redrive(self, letter: DeadLetter) -> None:
        """Move the letter to the order queue. If this is cut off, it may be in both, which has no second effect."""

    def release(self, letter: DeadLetter) -> None:
        """Leave the letter in the queue, visible at once."""

    def delete(self, letter: DeadLetter) -> None:
        """Delete the letter for good."""


NOT_RECORDED = "See the log of write_history, then run this again: what is recorded already stays as it is."
"""The next step after `NotRecorded`."""


class NotRecorded(OrdersError):
    """The function that writes the history failed."""


class HistoryBackfill(Protocol):
    """The order table of one stack, and the way from it into the history. Every call may raise `OrdersError`."""

    def estimate(self) -> int:
        """Return about how many orders there are."""

    def pages(self) -> Iterator[Sequence[Item]]:
        """Yield all orders, page by page."""

    def record(self, page: Sequence[Item]) -> None:
        """Record orders, all or none. Doing it again changes nothing. Raises `NotRecorded`."""

    def recount(self) -> None:
        """Count the orders by status anew. Raises `NotRecorded`."""
