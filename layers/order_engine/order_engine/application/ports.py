"""What the use cases need from the world, named by role.

Everything that waits, forks, measures or rolls dice is here, so that a simulation can drive the very same code step
by step. Every call may raise `DependencyUnavailable`; whether it had an effect is then unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from order_engine.domain.order import Order
from order_engine.domain.swaps import Quote, Swap, Transaction, TransactionStatus

T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Overdue:
    """An open order that should have ended by `due_at`."""

    order_id: str
    due_at: datetime


class OrderStore(Protocol):
    """The orders. One order is one item; each step is one conditional write."""

    def create(self, order: Order) -> Order | None:
        """Store a new order. Return None, or the order that already has this id (then nothing was written)."""

    def load(self, order_id: str) -> Order:
        """Return the order as it is now (a consistent read). Raises `OrderNotFound`."""

    def append(self, order: Order) -> None:
        """Write the last event of `order`, if the stored order is exactly one event behind.

        Raises:
            VersionConflict: with the order as it is stored.
        """

    def overdue(self, now: datetime) -> Iterable[Overdue]:
        """Yield the open orders whose `due_at` has passed, oldest first within a shard."""


class WakeUpQueue(Protocol):
    """Messages that say no more than: look at this order."""

    def send(self, order: Order) -> None:
        """Have the order looked at."""

    def send_again(self, order_ids: Sequence[str]) -> None:
        """Have these orders looked at once more."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up on: its body and how to take or leave it."""

    body: str
    receipt: str


class DeadLetters(Protocol):
    """The messages that could not be processed. Reading leaves them where they are."""

    def read(self) -> Iterable[DeadLetter]:
        """Yield the letters that are visible now, each once, and keep them out of sight for a while."""

    def put_back(self, letter: DeadLetter) -> None:
        """Have a letter seen again at once."""


class Venue(Protocol):
    """A DEX. Its transactions land at most once each, and never after their `valid_until`."""

    @property
    def name(self) -> str:
        """The venue's name, such as ``raydium``."""

    def quote(self, swap: Swap) -> Quote:
        """Return an offer. Raises `QuoteUnavailable`, `NoLiquidity` or `UnknownPair`."""

    def build(self, swap: Swap, quote: Quote, min_amount_out: int) -> Transaction:
        """Sign a transaction and run it dry; nothing is sent. Raises `SimulationFailed`."""

    def submit(self, transaction: Transaction) -> TransactionStatus:
        """Send a transaction and return what became of it so far; sending it again has no further effect."""

    def status(self, transaction: Transaction) -> TransactionStatus:
        """Say what became of a transaction. `Expired` is proof that it never can land."""


class Clock(Protocol):
    """Time."""

    def now(self) -> datetime:
        """Return the aware UTC time."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Deadline(Protocol):
    """How long this invocation may still run."""

    def remaining(self) -> float:
        """Return the seconds left."""


class Dice(Protocol):
    """Randomness and ids."""

    def jitter(self) -> float:
        """Return a number from 0 to 1."""

    def order_id(self) -> str:
        """Return a new time-ordered UUID (version 7)."""


class Executor(Protocol):
    """Runs calls side by side, so that their waits overlap."""

    def run(self, call: Callable[[S], T], items: Sequence[S]) -> list[T | Exception]:
        """Apply `call` to each item; return each one's result or the exception it raised, in order."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A connection's wish to hear of an order, a user's orders or all orders.

    Args:
        target: ``order#<id>``, ``user#<id>`` or ``all``.
        connection_id: the WebSocket connection.
        after_seq: events up to this one are known already (order subscriptions only).
        user_id: who listens; None where authentication is off.
        connected_at: when the connection was being made, for a subscription that was made with it.
        request_id: the client's own name for its request, repeated in the answer.
    """

    target: str
    connection_id: str
    after_seq: int = 0
    user_id: str | None = None
    connected_at: datetime | None = None
    request_id: str | None = None


class Subscriptions(Protocol):
    """Who wants to hear of what."""

    def connect(self, connection_id: str, user_id: str | None, first: Subscription | None) -> None:
        """Note a new connection, and its first subscription."""

    def add(self, subscription: Subscription) -> None:
        """Add a subscription to a connection, or renew it. Raises `TooManySubscriptions` or `NotConnected`."""

    def renew(self, subscription: Subscription) -> None:
        """Have the subscription come as a new one once more, if it is still there."""

    def remove(self, target: str, connection_id: str) -> None:
        """Remove one subscription, if it is there."""

    def disconnect(self, connection_id: str) -> None:
        """Forget the connection with all its subscriptions."""

    def subscribers(self, target: str) -> list[Subscription]:
        """Return who listens to the target now (a consistent read)."""


class Clients(Protocol):
    """The clients at the other end of the WebSocket connections."""

    def post(self, connection_id: str, message: Mapping[str, Any]) -> None:
        """Send one frame. Raises `ClientUnreachable`, and `ClientGone` where the gateway knows no such connection."""

    def hang_up(self, connection_id: str) -> None:
        """Close the connection, if it is still open."""


@dataclass(frozen=True, slots=True)
class Census:
    """The number of orders in each status at one moment.

    Args:
        taken_at: microseconds since the epoch by the history's own clock; a later census has a later moment.
    """

    taken_at: int
    orders: Mapping[str, int]


class History(Protocol):
    """The orders in Postgres, for lists, reports and audits."""

    def record(self, orders: Sequence[Order]) -> Census:
        """Fold these orders in, in one transaction; return the number of orders in each status afterwards.

        The same orders again, or older versions of them, change nothing.
        """

    def recount(self) -> Census:
        """Count all orders anew instead of by what changes, and return the numbers."""


class StatusCounts(Protocol):
    """The numbers of orders by status, kept where the public API can read them without Postgres."""

    def publish(self, census: Census) -> None:
        """Replace the counts, unless those of a later moment are there already."""

    def read(self) -> Mapping[str, int]:
        """Return the counts as last published."""


RATE_WINDOW = 60
"""Seconds in which a user's orders are counted."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a user may still do in the current window.

    Args:
        limit: orders in a window.
        remaining: orders left in this one.
        resets_in: whole seconds until the next window begins.
    """

    limit: int
    remaining: int
    resets_in: int


class RateLimiter(Protocol):
    """Counts the orders of each user."""

    def admit(self, user_id: str) -> Allowance | None:
        """Count one order and return what is left, or None where there is no limit. Raises `RateLimited`."""


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """How many messages wait, are being worked on, are delayed, and were given up on. SQS counts approximately."""

    waiting: int
    active: int
    delayed: int
    failed: int


class QueueGauge(Protocol):
    """Looks at the queues without taking anything from them."""

    def figures(self) -> QueueFigures:
        """Return the figures of now."""
