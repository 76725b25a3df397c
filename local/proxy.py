"""A reverse proxy that serves the HTTP API with the dashboard, and the WebSocket API at /ws, on one port.

It stands for a custom domain on AWS, and with `sign_in` for the domain of the user pool. Requests, responses and frames
are forwarded unchanged.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
from collections.abc import AsyncIterator

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from local.settings import HOST
from local.sign_in import CLIENT, SignIn
from local.sockets import HandshakeRefused, handshake_query, raise_refused_handshake, relay

_HOP_BY_HOP = {"connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"}
MAX_BODY_BYTES = 10 * 1024 * 1024  # API Gateway's limit
# The emulator runs a worker for each concurrent request. More workers than this only compete for the processors, so
# further requests wait here.
_MAX_CONCURRENT_REQUESTS = 2 * (os.cpu_count() or 1)
_UPSTREAM_TIMEOUT = ClientTimeout(total=None, sock_connect=5)


class Proxy:
    """Forwards requests and WebSocket connections to the two APIs, and lets people sign in."""

    def __init__(self, http_url: str, websocket_url: str, aws_url: str) -> None:
        self._sign_in = SignIn(aws_url)
        self._http_url = http_url
        self._websocket_url = URL(websocket_url)
        self._request_slots = asyncio.Semaphore(_MAX_CONCURRENT_REQUESTS)

    def application(self) -> web.Application:
        """Return the proxy as an aiohttp application."""
        application = web.Application(client_max_size=MAX_BODY_BYTES, handler_args={"auto_decompress": False})
        application.cleanup_ctx.append(self._with_client)
        self._sign_in.add_routes(application.router)
        application.router.add_route("*", r"/{path:[\s\S]*}", self._handle)  # `.` would not match the line feed of %0A
        return application

    async def _with_client(self, application: web.Application) -> AsyncIterator[None]:
        async with ClientSession(
            connector=TCPConnector(limit=0),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            timeout=_UPSTREAM_TIMEOUT,
            middlewares=[raise_refused_handshake],
        ) as self._client:
            application[CLIENT] = self._client
            yield

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        wants_socket = request.headers.get("Upgrade", "").lower() == "websocket"
        query = handshake_query(request.path) if wants_socket else None
        try:
            if query is None:
                async with self._request_slots:
                    return await self._forward_request(request)
            url = self._websocket_url.with_query(request.query).update_query(query)
            return await relay(request, self._client, url, _forwarded_headers(request))
        except HandshakeRefused as refused:
            headers = _end_to_end_headers(refused.headers)
            return web.Response(status=refused.status, headers=headers, body=refused.body)
        except (ClientError, OSError):
            return web.json_response({"message": "Service Unavailable"}, status=503)

    async def _forward_request(self, request: web.Request) -> web.StreamResponse:
        async with self._client.request(
            request.method,
            URL(self._http_url + request.raw_path, encoded=True),
            headers=_forwarded_headers(request),
            data=io.BytesIO(await request.read()) if request.body_exists else None,
            allow_redirects=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        ) as answer:
            response = web.StreamResponse(
                status=answer.status, reason=answer.reason, headers=_end_to_end_headers(answer.headers)
            )
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            return response


def _end_to_end_headers(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP)


def _replace_invalid_utf8(value: str) -> str:
    return value.encode(errors="surrogateescape").decode(errors="replace")


def _forwarded_headers(request: web.Request) -> CIMultiDict[str]:
    """Return the end-to-end headers of a request, with the usual X-Forwarded headers."""
    # The emulator would drop bytes that are not UTF-8, so that two idempotency keys could become one.
    headers = CIMultiDict(
        (name, _replace_invalid_utf8(value)) for name, value in _end_to_end_headers(request.headers).items()
    )
    headers.popall("Host", None)
    before = headers.get("X-Forwarded-For")
    headers["X-Forwarded-For"] = f"{before}, {request.remote}" if before else str(request.remote)
    headers.setdefault("X-Forwarded-Proto", request.scheme)
    headers.setdefault("X-Forwarded-Host", request.host)
    return headers


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("http_url")
    parser.add_argument("websocket_url")
    parser.add_argument("aws_url")
    arguments = parser.parse_args()
    application = Proxy(arguments.http_url, arguments.websocket_url, arguments.aws_url).application()
    web.run_app(application, host=HOST, port=arguments.port, print=None, access_log=None, shutdown_timeout=1)
