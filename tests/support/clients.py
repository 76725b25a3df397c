"""WebSocket clients for tests that don't care how they came to be connected."""

from __future__ import annotations

from dataclasses import dataclass, field

from order_engine.application.messages import Message
from order_engine.fakes.clients import InMemoryClients


@dataclass
class ConnectedClients(InMemoryClients):
    """Everybody is connected, but those in `gone`."""

    gone: set[str] = field(default_factory=set)

    def post(self, connection_id: str, message: Message) -> None:
        """Deliver a message."""
        if connection_id not in self.gone:
            self.connections.add(connection_id)
        InMemoryClients.post(self, connection_id, message)

    def close(self, connection_id: str) -> None:
        """Close the connection."""
        InMemoryClients.close(self, connection_id)
        self.gone.add(connection_id)
