"""`StreamAuthorization`: who connects, as the handshakes of a stream tell it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from orders_client.auth.credentials import Credentials, authorization_header
from orders_client.errors import Problem, Unauthenticated
from orders_client.models import StreamTicket

Tickets = Callable[[], StreamTicket]
"""Returns a new ticket with each call, as `OrdersClient.stream_ticket` does. It may block."""

_NO_OTHER_TICKET = "Give the stream a `token`, or `tickets=orders.stream_ticket`, so that it can connect again."


@dataclass(frozen=True, slots=True)
class Proof:
    """What a handshake carries to tell who connects."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)


class StreamAuthorization:
    """Gives each handshake its proof: a new ticket, else the access token in its header, else the address's ticket.

    A program can set the header, which is one request fewer than a ticket. Tickets are for where the token must not
    reach, and for proxies that drop the header.

    Args:
        credentials: give the access token.
        tickets: returns tickets, each for one handshake.
        ticket: is good for the first handshake only, as that of `Accepted.websocket_url`.
    """

    def __init__(
        self, credentials: Credentials | None = None, tickets: Tickets | None = None, ticket: str | None = None
    ) -> None:
        self._credentials = credentials
        self._tickets = tickets
        self._ticket = ticket
        self._ticket_is_used = False
        self._token: str | None = None
        self._expired = False

    async def proof(self) -> Proof:
        """Return the proof for the next handshake.

        Raises:
            Unauthenticated: there is none any more.
        """
        if self._tickets is not None:
            return Proof(query={"ticket": (await asyncio.to_thread(self._tickets)).ticket})
        if self._credentials is None:
            return self._proof_of_address()
        if self._expired:
            await self._replace_expired()
        self._token = await asyncio.to_thread(self._credentials.token)
        return Proof(headers=authorization_header(self._token))

    async def renew(self) -> bool:
        """Return whether there is another proof than the one that was just refused. Raises `OrdersError`."""
        if self._tickets is not None or self._credentials is None:
            return self._tickets is not None
        await asyncio.to_thread(self._credentials.renew, self._token)
        return await asyncio.to_thread(self._credentials.token) not in (None, self._token)

    def expire(self) -> None:
        """Note that the engine ended the connection because the token has expired."""
        self._expired = True

    async def _replace_expired(self) -> None:
        if not await self.renew():
            raise Unauthenticated(Problem(401, "token_expired", "The access token has expired, and there is no other."))
        self._expired = False

    def _proof_of_address(self) -> Proof:
        if self._ticket is None:
            return Proof()
        if self._ticket_is_used:
            used = Problem(401, "unauthenticated", "The ticket in the stream's address was good for one connection.")
            raise Unauthenticated(used, _NO_OTHER_TICKET)
        self._ticket_is_used = True
        return Proof(query={"ticket": self._ticket})


def ticket_in(url: str) -> str | None:
    """Return the ticket in the query of a stream's address, as in `Accepted.websocket_url`."""
    return next(iter(parse_qs(urlsplit(url).query).get("ticket", ())), None)


def without_ticket(url: str) -> str:
    """Return a stream's address with all of its query but the ticket, so that it may be shown."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "ticket"]
    return urlunsplit(parts._replace(query=urlencode(query)))


def without_query(url: str) -> str:
    """Return an address that may be shown, and that says nothing but where."""
    return url.partition("?")[0]
