"""WebSocket connections passed on as they are: both directions, text and binary, pings, close codes."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

from aiohttp import ClientSession, ClientWebSocketResponse, WSMessage, WSMsgType, web
from multidict import CIMultiDict
from yarl import URL

Socket = web.WebSocketResponse | ClientWebSocketResponse
_LARGEST_MESSAGE = 128 * 1024  # API Gateway's limit
# How a connection ended without saying so; these may not be sent, so here is what is said instead.
_NEVER_SENT = {1005: 1000, 1006: 1001, 1015: 1011}
_PATHS: list[tuple[re.Pattern[str], dict[str, str]]] = [
    (re.compile(r"/ws|/api/orders/execute(/ws)?|/api/orders/connect"), {}),
    (re.compile(r"/api/orders/stream/all"), {"channel": "all"}),
    (re.compile(r"/api/orders/(?P<orderId>[^/]+)/stream"), {}),
]


def query_of(path: str) -> dict[str, str] | None:
    """Return what the path of a handshake says beside its query; None where no WebSocket is served.

    Apart from /ws these are the addresses that other order engines use.
    """
    for pattern, query in _PATHS:
        if match := pattern.fullmatch(path):
            return query | match.groupdict()
    return None


async def relay(request: web.Request, client: ClientSession, url: URL, headers: CIMultiDict[str]) -> web.StreamResponse:
    """Connect to `url` as `request` does, and pass messages on until one side closes.

    Raises:
        aiohttp.WSServerHandshakeError: the other side refuses; the handshake of `request` has not been answered then.
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
            max_msg_size=_LARGEST_MESSAGE + 1,  # the first size that is too large
        )
        await downstream.prepare(request)
        await asyncio.gather(_pass_on(downstream, upstream), _pass_on(upstream, downstream))
    return downstream


async def _pass_on(source: Socket, target: Socket) -> None:
    """Copy messages until `source` ends, then end `target` in the same way, and only then answer `source`."""
    message: WSMessage
    with suppress(ConnectionResetError):  # `target` has gone; the other direction sees how
        while (message := await source.receive()).type in _SENDERS:
            await _SENDERS[message.type](target, message)
        if message.type is WSMsgType.CLOSING:  # by the other direction
            return
        code = message.data if message.type is WSMsgType.CLOSE else source.close_code or 1006
        for side in (target, source):
            await side.close(code=_NEVER_SENT.get(code, code), message=str(message.extra or "").encode())


_SENDERS = {
    WSMsgType.TEXT: lambda target, message: target.send_str(message.data),
    WSMsgType.BINARY: lambda target, message: target.send_bytes(message.data),
    WSMsgType.PING: lambda target, message: target.ping(message.data),
    WSMsgType.PONG: lambda target, message: target.pong(message.data),
}
