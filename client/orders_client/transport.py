"""Sockets of a stream: the port `Socket`, and its implementation with the library `websockets`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI, WebSocketException

from orders_client.errors import OrdersError, Problem, Unavailable, api_error

_NEXT_STEP = "Check the stream's address (--ws-url, ORDERS_WS_URL) and that the engine runs; locally: make run."

_CLOSE_TIMEOUT = 2.0


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
"""Opens a socket. Raises `OrdersError`; `NotAllowed` where retrying makes no sense."""


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


def websocket(url: str, token: str | None) -> Connect:
    """Return a function that opens a WebSocket to `url`."""
    headers = {"Authorization": f"Bearer {token}"} if token else None

    async def open_connection() -> Socket:
        try:
            return WebSocket(await connect(url, additional_headers=headers, close_timeout=_CLOSE_TIMEOUT))
        except InvalidStatus as refused:
            raise _refusal(url, refused.response.status_code, refused.response.reason_phrase) from refused
        except InvalidURI as error:
            raise OrdersError(f"{url!r} is no address of a stream.", "It begins with ws:// or wss://.") from error
        except (OSError, TimeoutError, InvalidHandshake, WebSocketException) as error:
            raise Unavailable(f"The stream at {url} does not answer: {error}", _NEXT_STEP) from error

    return open_connection


def _refusal(url: str, status: int, reason: str) -> OrdersError:
    said = f"The stream at {url} answers {status} {reason}."
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return Unavailable(said, _NEXT_STEP)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return api_error(Problem(status, "stream_refused", said))
    return OrdersError(said, _NEXT_STEP)
