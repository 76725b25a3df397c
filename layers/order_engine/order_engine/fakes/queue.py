"""The order queue and its dead letters in memory: at least once, with visibility, receive counts and redrive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import InitVar, dataclass, field
from datetime import datetime, timedelta
from itertools import count, islice
from math import ceil
from uuid import uuid4

from order_engine.application.errors import DependencyUnavailable
from order_engine.application.ports import Clock, DeadLetter, QueueFigures, WakeUp, WakeUpCodec
from order_engine.domain.order import Order

LARGEST_BATCH = 10
"""Messages that SQS takes or gives at once."""


@dataclass(slots=True)
class Message:
    """A message in the queue.

    Args:
        delay: seconds after which it becomes visible.
        receipt: that of the latest receive.
    """

    body: str
    sent_at: datetime
    delay: InitVar[float] = 0.0
    group: str | None = None
    visible_at: datetime = field(init=False)
    receive_count: int = 0
    receipt: str = ""
    message_id: str = field(default_factory=lambda: str(uuid4()))

    def __post_init__(self, delay: float) -> None:
        self.visible_at = self.sent_at + timedelta(seconds=delay)


@dataclass(slots=True)
class InMemoryQueue:
    """`WakeUpQueue` with the receiving side of SQS.

    Args:
        visibility_timeout: seconds for which a received message is out of sight.
        max_receive_count: after so many receives a message goes to `dead` instead of being received again.
    """

    clock: Clock
    codec: WakeUpCodec
    visibility_timeout: float = 180.0
    max_receive_count: int = 100
    messages: list[Message] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)
    _receipts: Iterator[int] = field(default_factory=count)

    def send(self, order: Order) -> None:
        """Send one message."""
        self.put(self.codec.encode(order.id, order.correlation_id), group=order.user_id)

    def send_again(self, order_ids: Sequence[str]) -> None:
        """Send a message for each order: one to ten, or SQS refuses them all."""
        if not 1 <= len(order_ids) <= LARGEST_BATCH:
            raise DependencyUnavailable(f"The order queue refuses a batch of {len(order_ids)} messages.")
        for order_id in order_ids:
            self.put(self.codec.encode(order_id))

    def put(self, body: str, delay: float = 0.0, group: str | None = None) -> None:
        """Send any text."""
        self.messages.append(Message(body, self.clock.now(), delay, group))

    def receive(self, limit: int = LARGEST_BATCH) -> list[Message]:
        """Return visible messages as they are now, and hide them; those received too often become dead letters."""
        now = self.clock.now()
        received: list[Message] = []
        for message in [message for message in self.messages if message.visible_at <= now]:
            if message.receive_count >= self.max_receive_count:
                self.messages.remove(message)
                self.dead.append(message)
            elif len(received) < limit:
                message.receive_count += 1
                message.visible_at = now + timedelta(seconds=self.visibility_timeout)
                message.receipt = self.new_receipt()
                received.append(copy(message))
        return received

    def delete(self, receipt: str) -> None:
        """Delete a message by its latest receipt; an older receipt does nothing."""
        self.messages = [message for message in self.messages if message.receipt != receipt]

    def new_receipt(self) -> str:
        """Return a receipt that no message had before."""
        return str(next(self._receipts))

    def give_back(self, receipt: str, after: float) -> None:
        """Let a received message be seen again after so many seconds, rounded up.

        Raises:
            DependencyUnavailable: it is deleted, in sight again, or received by somebody else.
        """
        now = self.clock.now()
        _in_flight(self.messages, receipt, now).visible_at = now + timedelta(seconds=max(0, ceil(after)))

    def wake_up(self, message: Message) -> WakeUp:
        """Return a received message as its processing sees it; its receipt names it in its batch."""
        return WakeUp.received(message.receipt, message.receipt, message.receive_count, message.body, self.codec)

    def figures(self) -> QueueFigures:
        """`QueueGauge`: count the messages."""
        now = self.clock.now()
        waiting = sum(message.visible_at <= now for message in self.messages)
        return QueueFigures(waiting, len(self.messages) - waiting, 0, len(self.dead))


@dataclass(slots=True)
class InMemoryDeadLetters:
    """`DeadLetters` and `RedrivableDeadLetters` of an in-memory queue.

    Args:
        visibility_timeout: seconds for which a letter is hidden after it was received.
    """

    queue: InMemoryQueue
    visibility_timeout: float = 90.0

    def read(self) -> Iterator[DeadLetter]:
        """Yield each visible letter and hide it."""
        for letter in list(self.queue.dead):
            now = self.queue.clock.now()
            if letter.visible_at <= now:
                letter.visible_at = now + timedelta(seconds=self.visibility_timeout)
                letter.receipt = self.queue.new_receipt()
                yield DeadLetter.received(
                    letter.message_id,
                    letter.body,
                    letter.receipt,
                    letter.sent_at,
                    letter.visible_at,
                    letter.group,
                    self.queue.codec,
                )

    def receive(self) -> list[DeadLetter]:
        """Read as many as SQS gives at once."""
        return list(islice(self.read(), LARGEST_BATCH))

    def count_in_flight(self) -> int:
        """Count the letters that are invisible."""
        now = self.queue.clock.now()
        return sum(letter.visible_at > now for letter in self.queue.dead)

    def release(self, letter: DeadLetter) -> None:
        """Make a letter visible again. Raises `DependencyUnavailable` if it is that already, or gone."""
        now = self.queue.clock.now()
        _in_flight(self.queue.dead, letter.receipt, now).visible_at = now

    def redrive(self, letter: DeadLetter) -> None:
        """Send the message to the queue, in its message group, and delete it here."""
        self.queue.put(letter.body, group=letter.group)
        self.delete(letter)

    def delete(self, letter: DeadLetter) -> None:
        """Delete a letter by its latest receipt; an older receipt does nothing."""
        self.queue.dead = [message for message in self.queue.dead if message.receipt != letter.receipt]

    def redrive_all(self) -> int:
        """Redrive all letters, the invisible ones too, as SQS's own redrive does; return how many there were."""
        letters, self.queue.dead = self.queue.dead, []
        for letter in letters:
            self.queue.put(letter.body, group=letter.group)
        return len(letters)


def _in_flight(messages: Iterable[Message], receipt: str, now: datetime) -> Message:
    """Return the message that was last received with this receipt, and is still out of sight."""
    for message in messages:
        if message.receipt == receipt and message.visible_at > now:
            return message
    raise DependencyUnavailable("SQS did not answer: no message is in flight with this receipt.")
