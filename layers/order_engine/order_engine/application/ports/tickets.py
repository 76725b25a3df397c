"""Tickets for WebSocket connections, as the use cases need them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from order_engine.application.identity import Caller


class Tickets(Protocol):
    """The tickets that have been issued and not used, by their hashes."""

    def add(self, ticket_hash: str, caller: Caller, expires_at: datetime) -> None:
        """Keep a ticket."""

    def take(self, ticket_hash: str, now: datetime) -> Caller | None:
        """Remove a ticket and return whose it was; None where there is none (any more), or it has expired.

        Of any number of calls with the same ticket, at most one returns its caller.
        """


class TokenVerifier(Protocol):
    """Tells real access tokens from others."""

    def verify(self, token: str) -> Mapping[str, Any]:
        """Return the token's claims.

        Raises:
            Unauthenticated: it is not signed by the issuer, not for this API, or has ended.
        """
