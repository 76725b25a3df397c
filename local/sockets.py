"""Relays WebSocket connections in both directions: text, binary, pings and close codes."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from http import HTTPStatus

from aiohttp import (
    ClientHandlerType,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientWebSocketResponse,
    WSMessage,
    WSMsgType,
    web,
)
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

Socket = web.WebSocketResponse | ClientWebSocketResponse
_MAX_MESSAGE_BYTES = 128 * 1024  # API Gateway's limit
# Codes that RFC 6455 reserves for a close without a frame and forbids to send, and what is sent instead.
_SUBSTITUTE_CLOSE_CODES = {1005: 1000, 1006: 1001, 1015: 1011}
_WEBSOCKET_PATHS: list[tuple[re.Pattern[str], dict[str, str]]] = [
    (re.compile(r"/ws|/api/orders/execute(/ws)?|/api/orders/connect"), {}),
    (re.compile(r"/api/orders/stream/all"), {"channel": "all"}),
    (re.compile(r"/api/orders/(?P<orderId>[^/]+)/stream"), {}),
]


class HandshakeRefused(Exception):
    """A handshake was answered with this instead of an upgrade."""

    def __init__(self, status: int, headers: CIMultiDictProxy[str], body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers
        self.body = body


async def raise_refused_handshake(request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
    """Raise `HandshakeRefused`, a middleware of aiohttp's client: its own error leaves out the answer's body."""
    answer = await send(request)
    if "Sec-WebSocket-Key" in request.headers and answer.status != HTTPStatus.SWITCHING_PROTOCOLS:
        raise HandshakeRefused(answer.status, answer.headers, await answer.read())
    return answer


def handshake_query(path: str) -> dict[str, str] | None:
    """Return the query parameters that the path of a handshake stands for; None where no WebSocket is served.

    Paths other than /ws are those of the older services (docs/compatibility.md).
    """
    for pattern, query in _WEBSOCKET_PATHS:
        if match := pattern.fullmatch(path):
            return query | match.groupdict()
    return None


async def relay(request: web.Request, client: ClientSession, url: URL, headers: CIMultiDict[str]) -> web.StreamResponse:
    """Connect to `url` with the handshake of `request`, and relay messages until one side closes.

    Raises:
        HandshakeRefused: the upstream refuses; the handshake of `request` has not been answered yet.
    """
    protocols = [name.strip() for name in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if name.strip()]
    async with client.ws_connect(
        url,
        headers={name: value for name, value in headers.items() if not name.lower().startswith("sec-websocket-")},
        origin=headers.get("Origin"),
        protocols=protocols,
        autoclose=False,
        autoping=False,
        max_msg_size=0,
    ) as upstream:
        downstream = web.WebSocketResponse(
            protocols=[upstream.protocol] if upstream.protocol else (),
            autoclose=False,
            autoping=False,
            compress=False,
            max_msg_size=_MAX_MESSAGE_BYTES + 1,  # the first size that is too large
        )
        await downstream.prepare(request)
        await asyncio.gather(_copy_messages(downstream, upstream), _copy_messages(upstream, downstream))
    return downstream


async def _copy_messages(source: Socket, target: Socket) -> None:
    """Copy messages until `source` closes, then close `target` with the same code, and only then answer `source`."""
    message: WSMessage
    with suppress(ConnectionResetError):  # `target` has gone; the other direction sees its close code
        while (message := await source.receive()).type in _SENDERS:
            await _SENDERS[message.type](target, message)
        if message.type is WSMsgType.CLOSING:  # by the other direction
            return
        code = message.data if message.type is WSMsgType.CLOSE else source.close_code or 1006
        for side in (target, source):
            await side.close(code=_SUBSTITUTE_CLOSE_CODES.get(code, code), message=str(message.extra or "").encode())


_SENDERS = {
    WSMsgType.TEXT: lambda target, message: target.send_str(message.data),
    WSMsgType.BINARY: lambda target, message: target.send_bytes(message.data),
    WSMsgType.PING: lambda target, message: target.ping(message.data),
    WSMsgType.PONG: lambda target, message: target.pong(message.data),
}
