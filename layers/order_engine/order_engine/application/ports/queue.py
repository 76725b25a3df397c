"""The order queue and its dead letters, as the use cases need them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from order_engine.application.errors import UnreadableMessage
from order_engine.domain.order import Order


@dataclass(frozen=True, slots=True)
class WakeUp:
    """A received message: look at this order.

    Args:
        message_id: names the message within its batch.
        receipt: the handle of this receive, by which the message can be given back.
        receive_count: how often the message was received, this time included.
        order_id: None where the message can't be read.
        unreadable: why it can't be read.
    """

    message_id: str
    receipt: str
    receive_count: int
    order_id: str | None
    unreadable: str | None = None

    @classmethod
    def received(cls, message_id: str, receipt: str, receive_count: int, body: str, codec: WakeUpCodec) -> WakeUp:
        """Return a received message; one that can't be read says why."""
        return cls(message_id, receipt, receive_count, *_order_id_or_reason(body, codec))


class WakeUpCodec(Protocol):
    """How messages are written and read; handed to the queues, which know no JSON."""

    def encode(self, order_id: str, correlation_id: str | None = None) -> str:
        """Return the body of a message for an order."""

    def decode(self, body: str) -> str:
        """Return the id of the order that a message is about. Raises `UnreadableMessage`."""


class WakeUpQueue(Protocol):
    """Messages that say no more than: look at this order."""

    def send(self, order: Order) -> None:
        """Send a message for one order."""

    def send_again(self, order_ids: Sequence[str]) -> None:
        """Send a message for each of up to ten orders, all of which had one before."""

    def give_back(self, receipt: str, after: float) -> None:
        """Make a received message visible again after so many seconds, rounded up to whole ones."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was received too often.

    Args:
        message_id: the same in each receive.
        body: as it was sent.
        receipt: the handle of this receive.
        sent_at: when it was sent to the order queue.
        visible_at: when the visibility timeout of this receive ends, at the earliest.
        group: its message group.
        order_id: the order it is about; None where the body can't be read.
        unreadable: why it can't be read.
    """

    message_id: str
    body: str
    receipt: str
    sent_at: datetime
    visible_at: datetime
    group: str | None
    order_id: str | None
    unreadable: str | None = None

    @classmethod
    def received(
        cls,
        message_id: str,
        body: str,
        receipt: str,
        sent_at: datetime,
        visible_at: datetime,
        group: str | None,
        codec: WakeUpCodec,
    ) -> DeadLetter:
        """Return a received letter; one that can't be read says why."""
        return cls(message_id, body, receipt, sent_at, visible_at, group, *_order_id_or_reason(body, codec))


def _order_id_or_reason(body: str, codec: WakeUpCodec) -> tuple[str | None, str | None]:
    try:
        return codec.decode(body), None
    except UnreadableMessage as error:
        return None, str(error)


class DeadLetters(Protocol):
    """The dead letter queue. Reading leaves the letters where they are."""

    def read(self) -> Iterable[DeadLetter]:
        """Yield the letters that are visible now, each once, and hide them for longer than a run takes."""

    def release(self, letter: DeadLetter) -> None:
        """Make a letter visible again at once."""


class RedrivableDeadLetters(Protocol):
    """The dead letter queue as operators use it: a person decides about each letter while it is invisible."""

    def receive(self) -> Sequence[DeadLetter]:
        """Return up to ten letters that are visible now, and hide them for the visibility timeout."""

    def count_in_flight(self) -> int:
        """Return about how many letters are invisible, those that were received here included."""

    def redrive(self, letter: DeadLetter) -> None:
        """Move a letter to the order queue. If this is cut off, it may be in both, which has no second effect."""

    def release(self, letter: DeadLetter) -> None:
        """Make a letter visible again at once."""

    def delete(self, letter: DeadLetter) -> None:
        """Delete a letter for good."""


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """How many messages wait, are in flight, are delayed, and are dead letters. SQS counts approximately."""

    waiting: int
    active: int
    delayed: int
    failed: int


class QueueGauge(Protocol):
    """Counts the messages of the queues without taking any."""

    def figures(self) -> QueueFigures:
        """Return the figures of now."""
