"""What the contracts of the order queue and of its dead letters need: a queue with its sender and its receiver."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from order_engine.application.ports import Clock, DeadLetters, QueueGauge, RedrivableDeadLetters, WakeUpQueue

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rules:
    """How a queue is configured.

    Args:
        visibility_timeout, letter_visibility_timeout: seconds for which a received message, or letter, is invisible.
        max_receive_count: receives after which a message becomes a dead letter.
    """

    visibility_timeout: int = 60
    max_receive_count: int = 5
    letter_visibility_timeout: int = 60


class Queue(WakeUpQueue, Protocol):
    """The queue as a worker sees it."""

    def give_back(self, receipt: str, after: float) -> None:
        """Make a received message visible after so many seconds. Raises `DependencyUnavailable`."""


class Letters(DeadLetters, RedrivableDeadLetters, Protocol):
    """The dead letters as `close_dead_letters` and as operators see them."""


class Received(Protocol):
    """A message as it was received."""

    @property
    def body(self) -> str:
        """Its body, as it was sent."""

    @property
    def receipt(self) -> str:
        """The handle of this receive."""

    @property
    def receive_count(self) -> int:
        """How often it was received, this time included."""

    @property
    def group(self) -> str | None:
        """Its message group."""


class Line(Protocol):
    """A queue with its sender, its receiver and its dead letters."""

    @property
    def queue(self) -> Queue:
        """The queue."""

    @property
    def letters(self) -> Letters:
        """Its dead letters."""

    @property
    def gauge(self) -> QueueGauge:
        """What counts the messages of both."""

    @property
    def clock(self) -> Clock:
        """The clock of the visibility timeouts."""

    def receive(self) -> Sequence[Received]:
        """Return messages that are visible now, and hide them for the visibility timeout."""

    def delete(self, receipt: str) -> None:
        """Delete a message, if this is its latest receipt."""

    def send_letter(self, body: str, group: str | None = None) -> None:
        """Send a letter to the dead letter queue."""

    def poll(self, read: Callable[[], T]) -> T:
        """Read until there is something, and return it."""


NewLine = Callable[[Rules], Line]
