"""One address for everything: the dashboard and the HTTP API, and the WebSocket API at /ws.

It does what a custom domain does on AWS, and passes on what it gets without reading it.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
from collections.abc import AsyncIterator

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, WSServerHandshakeError, web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from local.settings import HOST
from local.sockets import query_of, relay

_HOP_BY_HOP = {"connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"}
LARGEST_BODY = 10 * 1024 * 1024  # API Gateway's limit
# The emulator starts a worker for each request that it has at the same time; more of them than this only get in each
# other's way, so further requests wait here.
_AT_ONCE = 2 * (os.cpu_count() or 1)
_NO_TIMEOUT = ClientTimeout(total=None, sock_connect=5)


class Proxy:
    """Passes requests on to the two APIs."""

    def __init__(self, http_url: str, websocket_url: str) -> None:
        self._http_url = http_url
        self._websocket_url = URL(websocket_url)
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    def application(self) -> web.Application:
        """Return the proxy as an application."""
        application = web.Application(client_max_size=LARGEST_BODY, handler_args={"auto_decompress": False})
        application.cleanup_ctx.append(self._with_client)
        application.router.add_route("*", r"/{path:[\s\S]*}", self._handle)  # %0A is a line's end, which `.` is not
        return application

    async def _with_client(self, _: web.Application) -> AsyncIterator[None]:
        async with ClientSession(
            connector=TCPConnector(limit=0), cookie_jar=DummyCookieJar(), auto_decompress=False, timeout=_NO_TIMEOUT
        ) as self._client:
            yield

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        wants_socket = request.headers.get("Upgrade", "").lower() == "websocket"
        query = query_of(request.path) if wants_socket else None
        try:
            if query is None:
                async with self._at_once:
                    return await self._http(request)
            url = self._websocket_url.with_query(request.query).update_query(query)
            return await relay(request, self._client, url, _forwarded(request))
        except WSServerHandshakeError as error:
            return web.json_response({"message": error.message}, status=error.status)
        except (ClientError, OSError):
            return web.json_response({"message": "Service Unavailable"}, status=503)

    async def _http(self, request: web.Request) -> web.StreamResponse:
        async with self._client.request(
            request.method,
            URL(self._http_url + request.raw_path, encoded=True),
            headers=_forwarded(request),
            data=io.BytesIO(await request.read()) if request.body_exists else None,
            allow_redirects=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        ) as answer:
            response = web.StreamResponse(
                status=answer.status, reason=answer.reason, headers=_end_to_end(answer.headers)
            )
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            return response


def _end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP)


def _replaced(value: str) -> str:
    return value.encode(errors="surrogateescape").decode(errors="replace")


def _forwarded(request: web.Request) -> CIMultiDict[str]:
    """Return the headers of a request with those that say where it came from."""
    # Bytes that are no UTF-8 would be left out on the way to the other side, and one key become another.
    headers = CIMultiDict((name, _replaced(value)) for name, value in _end_to_end(request.headers).items())
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
    arguments = parser.parse_args()
    application = Proxy(arguments.http_url, arguments.websocket_url).application()
    web.run_app(application, host=HOST, port=arguments.port, print=None, access_log=None, shutdown_timeout=1)
