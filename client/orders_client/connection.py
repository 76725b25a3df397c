"""`Connection`: reconnects with backoff when the socket closes, and notices by pings that the other side is gone."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from orders_client.backoff import Backoff
from orders_client.errors import NotAllowed, OrdersError, Unauthenticated
from orders_client.frames import Frame, frame_from
from orders_client.transport import Connect, Disconnected, Socket

logger = logging.getLogger("orders_client")


@dataclass(frozen=True, slots=True)
class Timing:
    """The time-outs of a stream, in seconds.

    Args:
        check_interval: how often the other time-outs are checked.
        gap_timeout: how long a missing event may take to come by itself, before it is asked for.
        resend_after: how long an answer may take, before the request is sent again.
        longest_retry_interval: upper limit of these two, which double with each retry.
        silence_timeout: how long an open order may be silent, before it is asked about: nothing else shows that its
            last event was lost.
        request_timeout: how long a call waits for its answer, before it raises `Unavailable`.
        ping_interval: silence after which a ping is sent. API Gateway closes a connection after ten idle minutes.
        pong_timeout: how long the pong may take, before the connection is replaced.
        backoff: the waits before connecting again.
        reconnect_timeout: how long to go on trying to connect.
    """

    check_interval: float = 0.2
    gap_timeout: float = 1.0
    resend_after: float = 5.0
    longest_retry_interval: float = 15.0
    silence_timeout: float = 30.0
    request_timeout: float = 30.0
    ping_interval: float = 120.0
    pong_timeout: float = 10.0
    backoff: Backoff = field(default_factory=Backoff)
    reconnect_timeout: float = 300.0


class Session(Protocol):
    """The protocol spoken on a connection. Each method returns the frames to send."""

    def on_connect(self) -> Iterable[Frame]:
        """Begin, or begin again, on a new socket."""

    def on_frame(self, frame: Frame) -> Iterable[Frame]:
        """Handle a frame. Raises `Disconnected` where the connection is of no more use."""

    def on_tick(self, now: float) -> Iterable[Frame]:
        """Retry what is late; `now` is in seconds, from any origin."""


class Connection:
    """Runs a `Session` on a socket, and on the next one when that closes.

    Args:
        connect: opens a socket.
        session: the protocol spoken on it.
        timing: the time-outs.
    """

    def __init__(self, connect: Connect, session: Session, timing: Timing) -> None:
        self._connect = connect
        self._session = session
        self._timing = timing
        self._socket: Socket | None = None
        self._connected_at = 0.0
        self._received_at = 0.0
        self._pinged_at = 0.0
        self._failures = 0
        self.connections = 0
        """How many sockets were opened."""

    @property
    def connected(self) -> bool:
        """Whether there is an open socket."""
        return self._socket is not None

    async def open(self) -> None:
        """Open the first socket. Raises `OrdersError` where that fails."""
        self._socket = await self._connect()
        self._received_at = _now()

    async def run(self) -> None:
        """Receive frames, and reconnect, for ever. Raises `OrdersError` when reconnecting is given up."""
        while True:
            await self._serve(self._socket or await self._reconnect())

    async def send(self, *frames: Frame) -> None:
        """Send frames. Without a socket they are dropped: `on_connect` repeats those that count."""
        with suppress(Disconnected):
            for frame in frames:
                if self._socket is not None:
                    await self._socket.send(json.dumps(frame))

    async def _serve(self, socket: Socket) -> None:
        self._socket = socket
        self._connected_at = _now()
        self.connections += 1
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._receive(socket))
                tasks.create_task(self._run_timers())
                await self.send(*self._session.on_connect())
        except* Disconnected as ended:
            logger.info("disconnected: %s", ended.exceptions[0])
        finally:
            self._socket = None
            await socket.close()

    async def _reconnect(self) -> Socket:
        while True:
            self._failures += 1
            await asyncio.sleep(self._timing.backoff.delay(self._failures))
            try:
                return await self._connect()
            except (Unauthenticated, NotAllowed):
                raise
            except OrdersError as error:
                logger.info("not connected: %s", error)
                if _now() - self._received_at > self._timing.reconnect_timeout:
                    raise

    async def _receive(self, socket: Socket) -> None:
        while True:
            frame = frame_from(await socket.receive())
            self._received_at = _now()
            replies = self._session.on_frame(frame)
            self._failures = 0  # only now: a gateway may open connections and end them at once
            await self.send(*replies)

    async def _run_timers(self) -> None:
        while True:
            await asyncio.sleep(self._timing.check_interval)
            await self._check_liveness(_now())
            await self.send(*self._session.on_tick(_now()))

    async def _check_liveness(self, now: float) -> None:
        last_frame = max(self._received_at, self._connected_at)
        silence = now - last_frame
        if silence > self._timing.ping_interval + self._timing.pong_timeout:
            raise Disconnected(f"no frame for {silence:.0f} s, and no pong")
        if silence > self._timing.ping_interval and self._pinged_at < last_frame:
            self._pinged_at = now
            await self.send({"action": "ping"})


def _now() -> float:
    return asyncio.get_running_loop().time()
