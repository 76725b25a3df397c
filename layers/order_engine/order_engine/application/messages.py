"""What the engine says to a client over its WebSocket. How it looks as JSON is in `order_engine.contracts.frames`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from order_engine.domain.events import Event
from order_engine.domain.order import Order


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """One step of an order, as it happens."""

    order: Order
    event: Event


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that happened to an order after `after_seq`."""

    order: Order
    after_seq: int = 0


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The subscription to `target` exists.

    Args:
        request_id: as in the frame that this answers; the same in all messages that answer one.
    """

    target: str
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """The subscription to `target` is no more."""

    target: str
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """The order was accepted, now or (`replayed`) before."""

    order: Order
    replayed: bool
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class OrderShown:
    """The order as it is now."""

    order: Order
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Pong:
    """The engine is there."""

    at: datetime
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """What the client asked for is not possible.

    Args:
        order_id: of the order, where a subscription to one was refused.
    """

    error: Exception
    request_id: str | None = None
    order_id: str | None = None


Answer = Subscribed | Unsubscribed | OrderPlaced | OrderShown | Pong | Refused
Message = StatusUpdate | Snapshot | Answer
