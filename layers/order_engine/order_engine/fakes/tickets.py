"""Tickets in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from order_engine.application.identity import Caller


@dataclass(slots=True)
class InMemoryTickets:
    """`Tickets` in a dict."""

    kept: dict[str, tuple[Caller, datetime]] = field(default_factory=dict)

    def add(self, ticket_hash: str, caller: Caller, expires_at: datetime) -> None:
        """Keep a ticket."""
        self.kept[ticket_hash] = caller, expires_at

    def take(self, ticket_hash: str, now: datetime) -> Caller | None:
        """Remove a ticket that has not expired; of many at once, one finds it."""
        _, expires_at = self.kept.get(ticket_hash, (None, now))
        caller, _ = self.kept.pop(ticket_hash, (None, now)) if expires_at > now else (None, now)
        return caller
