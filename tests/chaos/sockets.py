"""The clients' connections, which can all be cut at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from orders_client import NotAllowed, OrderStream, Unavailable
from orders_client.transport import Socket, WebSocket, websocket


class Sockets:
    """Opens connections for streams, and knows them all.

    Args:
        url: the stream's address.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._sockets: list[WebSocket] = []
        self.was_cut = 0
        """How many connections were cut."""

    @asynccontextmanager
    async def streams(self, count: int) -> AsyncIterator[list[OrderStream]]:
        """Give so many streams on connections of this kind."""
        async with AsyncExitStack() as stack:
            streams = [OrderStream(self._url, connect=self._connect) for _ in range(count)]
            yield [await stack.enter_async_context(stream) for stream in streams]

    async def _connect(self) -> Socket:
        try:
            socket = await websocket(self._url, None)()
        except NotAllowed as refused:
            # What the emulator answers when the function behind $connect dies; there is nobody to be refused here.
            raise Unavailable(str(refused)) from refused
        assert isinstance(socket, WebSocket)
        self._sockets.append(socket)
        return socket

    def cut(self) -> int:
        """Cut all connections without a goodbye, as a lost network does; return how many."""
        cut, self._sockets = self._sockets, []
        for socket in cut:
            socket.connection.transport.abort()
        self.was_cut += len(cut)
        return len(cut)
