"""The fake gateway behind a real WebSocket server on 127.0.0.1, which lets in whoever it is told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from orders_client.transport import Disconnected
from tests.unit.client.fake_gateway import FakeGateway, FakeSocket, Frame

EXPIRED: Frame = {"type": "error", "code": "token_expired", "message": "The access token has expired."}


@dataclass
class StubStream:
    """A gateway that lets in each token that is valid, and each ticket once."""

    gateway: FakeGateway = field(default_factory=FakeGateway)
    tokens: set[str] = field(default_factory=set)
    tickets: set[str] = field(default_factory=set)
    refusal: HTTPStatus = HTTPStatus.FORBIDDEN
    handshakes: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    location: str = ""
    url: str = ""

    def admits(self, request: Request) -> bool:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.handshakes.append((bearer, query))
        if query.get("ticket") in self.tickets:
            self.tickets.discard(query["ticket"])
            return True
        return bearer in self.tokens

    def expire(self, socket: FakeSocket) -> None:
        """End a connection as the engine does when its token expires."""
        self.gateway.carry(socket, EXPIRED)
        socket.loop.call_soon_threadsafe(socket.inbox.put_nowait, None)

    async def _check(self, connection: ServerConnection, request: Request) -> Response | None:
        if self.admits(request):
            return None
        response = connection.respond(self.refusal, "{}")
        if self.location:
            response.headers["Location"] = self.location
        return response

    async def _serve(self, connection: ServerConnection) -> None:
        socket = await self.gateway.connect()
        sending = asyncio.create_task(_send(socket, connection))
        try:
            async for text in connection:
                await socket.send(str(text))
        except (ConnectionClosed, Disconnected):
            pass
        finally:
            socket.cut()
            await sending


@asynccontextmanager
async def stub_stream(stub: StubStream) -> AsyncIterator[StubStream]:
    """Serve on a free port."""
    async with serve(stub._serve, "127.0.0.1", 0, process_request=stub._check, close_timeout=1) as server:
        stub.url = f"ws://localhost:{next(iter(server.sockets)).getsockname()[1]}/ws"
        yield stub


async def _send(socket: FakeSocket, connection: ServerConnection) -> None:
    while (frame := await socket.inbox.get()) is not None:
        await connection.send(json.dumps(frame))
    await connection.close()
