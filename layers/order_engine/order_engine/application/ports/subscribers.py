"""Who subscribes to what, and the clients at the other end of the WebSocket connections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from order_engine.application.identity import ANYONE, Caller

if TYPE_CHECKING:
    from order_engine.application.messages import Message


@dataclass(frozen=True, slots=True)
class Subscription:
    """A connection's subscription to an order, a user's orders or all orders.

    Args:
        target: ``order#<id>``, ``user#<id>`` or ``all``.
        connection_id: the WebSocket connection.
        after_seq: events up to this one are known already (order subscriptions only).
        caller: who subscribes.
        connected_at: when `$connect` ran, for a subscription that was made with the connection.
        request_id: the client's own name for its request, repeated in the answer.
    """

    target: str
    connection_id: str
    after_seq: int = 0
    caller: Caller = ANYONE
    connected_at: datetime | None = None
    request_id: str | None = None


class Subscriptions(Protocol):
    """The connections table. It has a stream: every subscription that is written comes to `push_updates`."""

    def connect(self, connection_id: str, caller: Caller, first: Subscription | None) -> None:
        """Store a new connection with who opened it, and its first subscription."""

    def add(self, subscription: Subscription) -> None:
        """Add a subscription to a connection, or write it anew. Raises `TooManySubscriptions` or `NotConnected`."""

    def renew(self, subscription: Subscription) -> None:
        """Put the subscription into the stream once more, if it is still there."""

    def remove(self, target: str, connection_id: str) -> None:
        """Remove one subscription, if it is there."""

    def disconnect(self, connection_id: str) -> None:
        """Remove the connection with all its subscriptions."""

    def subscribers(self, target: str) -> list[Subscription]:
        """Return who subscribes to the target now (a consistent read)."""


class FrameCodec(Protocol):
    """How messages are written; handed to the clients, which know no JSON."""

    def encode(self, message: Message) -> Iterable[str]:
        """Return the frames of a message, in order; most have one."""


class Clients(Protocol):
    """The clients at the other end of the WebSocket connections."""

    def post(self, connection_id: str, message: Message) -> None:
        """Send a message, in as many frames as it takes.

        Raises:
            ClientUnreachable: a frame was refused; the ones before it may have arrived.
            ClientGone: the gateway knows no such connection.
        """

    def close(self, connection_id: str) -> None:
        """Close the connection, if it is still open."""
