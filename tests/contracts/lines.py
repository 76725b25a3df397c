"""What the contracts of the order queue and of its dead letters are told of both ends of a queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from order_engine.application.ports import Clock, DeadLetters, WakeUpQueue

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rules:
    """How long a message and a letter are out of sight once received, in seconds, and how often that may be."""

    visibility_timeout: int = 60
    max_receive_count: int = 5
    look_for: int = 60


class Queue(WakeUpQueue, Protocol):
    """The queue as a worker sees it."""

    def give_back(self, receipt: str, after: float) -> None:
        """Let a received message be seen again after so many seconds. Raises `DependencyUnavailable`."""


class Received(Protocol):
    """A message as it was received."""

    @property
    def body(self) -> str:
        """What it says."""

    @property
    def receipt(self) -> str:
        """What this receive of it is called."""

    @property
    def receive_count(self) -> int:
        """How often it was received, this time included."""


class Line(Protocol):
    """A queue with both its ends."""

    @property
    def queue(self) -> Queue:
        """The queue."""

    @property
    def letters(self) -> DeadLetters:
        """Its dead letters."""

    @property
    def clock(self) -> Clock:
        """The time that messages are hidden by."""

    def receive(self) -> Sequence[Received]:
        """Return messages that are visible now, and hide them."""

    def delete(self, receipt: str) -> None:
        """Delete a message, if this is its latest receipt."""

    def bury(self, body: str) -> None:
        """Put a letter into the dead letter queue."""

    def soon(self, look: Callable[[], T]) -> T:
        """Look until there is something, and return it."""


NewLine = Callable[[Rules], Line]
