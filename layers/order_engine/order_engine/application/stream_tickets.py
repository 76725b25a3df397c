"""Tickets for WebSocket connections: a browser can send no header there, and a token must not be in an address.

A ticket is 256 random bits; only its hash is stored, so that who reads the table has no ticket. It opens one connection
within half a minute, as the caller to whom it was issued.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from order_engine.application.errors import Unauthenticated
from order_engine.application.identity import TO_READ, Caller
from order_engine.application.ports import Clock, Randomness, Tickets

TICKET_LIFETIME = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class StreamTickets:
    """Issues and redeems tickets."""

    tickets: Tickets
    clock: Clock
    randomness: Randomness

    def issue(self, caller: Caller) -> str:
        """Return a new ticket for the caller.

        Raises:
            InsufficientScope: the caller may not read orders, and so has no use for a connection.
            DependencyUnavailable: the ticket may not have been kept; ask for another.
        """
        caller.require(*TO_READ)
        ticket = self.randomness.secret()
        self.tickets.add(_hash(ticket), caller, self.clock.now() + TICKET_LIFETIME)
        return ticket

    def redeem(self, ticket: str) -> Caller:
        """Return to whom the ticket was issued; it can't be used again.

        Raises:
            Unauthenticated: it was used before, has expired, or is none of ours.
            DependencyUnavailable: it may have been used up; ask for another.
        """
        caller = self.tickets.take(_hash(ticket), self.clock.now())
        if caller is None:
            raise Unauthenticated(
                "The ticket is not valid, or not any more: it opens one connection within 30 seconds."
            )
        return caller


def _hash(ticket: str) -> str:
    return sha256(ticket.encode(errors="surrogatepass")).hexdigest()  # also of what can't be a ticket
