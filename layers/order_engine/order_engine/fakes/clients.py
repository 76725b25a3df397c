"""Subscriptions and WebSocket clients in memory."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from order_engine.application.errors import ClientGone, NotConnected, TooManySubscriptions
from order_engine.application.identity import Caller
from order_engine.application.messages import Message
from order_engine.application.ports import FrameCodec, Subscription


@dataclass(slots=True)
class InMemorySubscriptions:
    """`Subscriptions` in dicts. `stream` holds every subscription that was written, in order.

    Args:
        between_writes: called wherever the real table needs another write, and a process may die in between.
    """

    limit: int = 100
    between_writes: Callable[[], None] = lambda: None
    connections: dict[str, set[str]] = field(default_factory=dict)
    rows: dict[tuple[str, str], Subscription] = field(default_factory=dict)
    stream: list[Subscription] = field(default_factory=list)

    def connect(self, connection_id: str, caller: Caller, first: Subscription | None) -> None:
        """Note the connection and its first subscription."""
        del caller  # kept by the real table for whoever looks into it
        self.connections[connection_id] = {first.target} if first else set()
        if first:
            self.between_writes()
            self._write(first)

    def add(self, subscription: Subscription) -> None:
        """Add a subscription, if there is room for it."""
        targets = self.connections.get(subscription.connection_id)
        if targets is None:
            raise NotConnected(subscription.connection_id)
        if subscription.target not in targets and len(targets) >= self.limit:
            raise TooManySubscriptions(self.limit)
        targets.add(subscription.target)
        self.between_writes()
        self._write(subscription)

    def renew(self, subscription: Subscription) -> None:
        """Put the row into the stream again."""
        row = self.rows.get((subscription.target, subscription.connection_id))
        if row:
            self.stream.append(row)

    def remove(self, target: str, connection_id: str) -> None:
        """Remove one subscription."""
        self.rows.pop((target, connection_id), None)
        self.between_writes()
        self.connections.get(connection_id, set()).discard(target)

    def disconnect(self, connection_id: str) -> None:
        """Forget a connection."""
        for target in sorted(self.connections.pop(connection_id, set())):
            self.between_writes()
            self.rows.pop((target, connection_id), None)

    def subscribers(self, target: str) -> list[Subscription]:
        """Return who listens to the target."""
        return [subscription for subscription in self.rows.values() if subscription.target == target]

    def _write(self, subscription: Subscription) -> None:
        self.rows[subscription.target, subscription.connection_id] = subscription
        self.stream.append(subscription)


@dataclass(slots=True)
class InMemoryClients:
    """`Clients` that keep the frames they receive.

    Args:
        codec: writes the frames, which are kept as JSON reads them.
        inboxes: every frame by connection, as it arrives.
        connections: those that are open; no other can be reached.
    """

    codec: FrameCodec
    inboxes: dict[str, list[Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    connections: set[str] = field(default_factory=set)

    def post(self, connection_id: str, message: Message) -> None:
        """Deliver the frames of a message."""
        for frame in self.codec.encode(message):
            if connection_id not in self.connections:
                raise ClientGone(connection_id)
            self.inboxes[connection_id].append(json.loads(frame))

    def close(self, connection_id: str) -> None:
        """Close the connection."""
        self.connections.discard(connection_id)
