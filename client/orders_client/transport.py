"""Sockets of a stream: the port `Socket`, and its implementation with the library `websockets`."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI, WebSocketException

from orders_client.auth.confidentiality import require_confidential
from orders_client.errors import NotAllowed, OrdersError, Problem, Unauthenticated, Unavailable, api_error
from orders_client.stream_authorization import Proof, StreamAuthorization, without_query

_NEXT_STEP = "Check the stream's address (--ws-url, ORDERS_WS_URL) and that the engine runs; locally: make run."

_CLOSE_TIMEOUT = 2.0

# At DEBUG the library logs handshakes and frames with the tokens and tickets in them.
_library_logger = logging.getLogger("orders_client.websocket")
_library_logger.setLevel(logging.INFO)


class Disconnected(Exception):
    """The socket was closed, from whichever side."""


class Socket(Protocol):
    """Carries text messages. `send` and `receive` raise `Disconnected` once it is closed."""

    async def send(self, text: str) -> None:
        """Send a message."""

    async def receive(self) -> str:
        """Wait for the next message."""

    async def close(self) -> None:
        """Close the socket; it may be closed already."""


Connect = Callable[[], Awaitable[Socket]]
"""Opens a socket. Raises `OrdersError`; `Unauthenticated` and `NotAllowed` where retrying makes no sense."""


@dataclass(frozen=True, slots=True)
class WebSocket:
    """`Socket` on a connection of `websockets`, which answers pings and sends its own."""

    connection: ClientConnection

    async def send(self, text: str) -> None:
        """Send a text message."""
        try:
            await self.connection.send(text)
        except ConnectionClosed as closed:
            raise Disconnected(str(closed)) from closed

    async def receive(self) -> str:
        """Wait for the next message; a binary one is taken as UTF-8 text."""
        try:
            message = await self.connection.recv()
        except ConnectionClosed as closed:
            raise Disconnected(str(closed)) from closed
        return message if isinstance(message, str) else message.decode(errors="replace")

    async def close(self) -> None:
        """Perform the closing handshake."""
        await self.connection.close()


class _Handshake(connect):
    """A handshake that goes to the address that was given, and with its token nowhere else."""

    def process_redirect(self, exc: Exception) -> Exception:
        """Return the redirect as the error it is here: an order engine sends none."""
        return exc


def websocket(url: str, authorization: StreamAuthorization | None = None) -> Connect:
    """Return a function that opens a WebSocket to `url`, without its query; a refused token is renewed once."""
    address = without_query(url)
    authorization = authorization or StreamAuthorization()

    async def open_connection() -> Socket:
        proof = await authorization.proof()
        try:
            return await _open(address, proof)
        except (Unauthenticated, NotAllowed):
            if not await authorization.renew():
                raise
        return await _open(address, await authorization.proof())

    return open_connection


async def _open(address: str, proof: Proof) -> Socket:
    if proof.headers or proof.query:
        require_confidential(address)
    url = f"{address}?{urlencode(proof.query)}" if proof.query else address
    try:
        handshake = _Handshake(
            url, additional_headers=proof.headers, close_timeout=_CLOSE_TIMEOUT, logger=_library_logger
        )
        return WebSocket(await handshake)
    except InvalidStatus as refused:
        raise _refusal(address, refused.response.status_code, refused.response.reason_phrase) from refused
    except InvalidURI:  # it quotes the address with the ticket
        raise OrdersError(f"{address!r} is no address of a stream.", "It begins with ws:// or wss://.") from None
    except (OSError, TimeoutError, InvalidHandshake, WebSocketException) as error:
        raise Unavailable(f"The stream at {address} does not answer: {error}", _NEXT_STEP) from error


def _refusal(address: str, status: int, reason: str) -> OrdersError:
    said = f"The stream at {address} answers {status} {reason}."
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return Unavailable(said, _NEXT_STEP)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return api_error(Problem(status, "stream_refused", said))
    return OrdersError(said, _NEXT_STEP)
