"""`Link`: a connection that is opened again whenever it ends, and that notices when the other side is gone."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from orders_client.backoff import Backoff
from orders_client.errors import NotAllowed, OrdersError
from orders_client.frames import Frame, frame_from
from orders_client.transport import Connect, Disconnected, Socket

logger = logging.getLogger("orders_client")


@dataclass(frozen=True, slots=True)
class Timing:
    """The patience of a stream, in seconds.

    Args:
        tick: how often a look is taken at what is missing.
        gap_patience: how long a missing event may take to come by itself.
        answer_patience: how long an answer may take until the question is sent again.
        longest_patience: the limit of these two, which double with each time.
        silence_patience: how long an open order may be silent until it is asked about; nothing shows that the last
            of its events was lost.
        answer_within: how long until whoever asked is told that there is no answer.
        ping_every: silence after which the other side is asked for a sign of life. API Gateway ends a connection
            after ten idle minutes.
        pong_within: how long that sign may take.
        backoff: the waits before connecting again.
        give_up_after: how long to go on trying to connect.
    """

    tick: float = 0.2
    gap_patience: float = 1.0
    answer_patience: float = 5.0
    longest_patience: float = 15.0
    silence_patience: float = 30.0
    answer_within: float = 30.0
    ping_every: float = 120.0
    pong_within: float = 10.0
    backoff: Backoff = field(default_factory=Backoff)
    give_up_after: float = 300.0


class Talk(Protocol):
    """What is said on a link. Each method returns the messages to send."""

    def resume(self) -> Iterable[Frame]:
        """Begin, or begin again, on a new connection."""

    def take(self, frame: Frame) -> Iterable[Frame]:
        """Take a message."""

    def remind(self, now: float) -> Iterable[Frame]:
        """Ask again for what has not come; `now` is in seconds, from any origin."""


class Link:
    """Keeps a connection and carries a `Talk` over it.

    Args:
        connect: opens a connection.
        talk: what is said on it.
        timing: how long to wait for what.
    """

    def __init__(self, connect: Connect, talk: Talk, timing: Timing) -> None:
        self._connect = connect
        self._talk = talk
        self._timing = timing
        self._socket: Socket | None = None
        self._connected_at = 0.0
        self._heard_at = 0.0
        self._pinged_at = 0.0
        self._failures = 0
        self.connections = 0
        """How many connections there have been."""

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._socket is not None

    async def open(self) -> None:
        """Open the first connection. Raises `OrdersError` where that fails."""
        self._socket = await self._connect()
        self._heard_at = _now()

    async def run(self) -> None:
        """Listen, and connect again, for ever. Raises `OrdersError` where that can't succeed any more."""
        while True:
            await self._serve(self._socket or await self._reconnect())

    async def say(self, *frames: Frame) -> None:
        """Send messages. Without a connection they are dropped, as `resume` says everything that counts."""
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
                tasks.create_task(self._listen(socket))
                tasks.create_task(self._attend())
                await self.say(*self._talk.resume())
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
            except NotAllowed:
                raise
            except OrdersError as error:
                logger.info("not connected: %s", error)
                if _now() - self._heard_at > self._timing.give_up_after:
                    raise

    async def _listen(self, socket: Socket) -> None:
        while True:
            frame = frame_from(await socket.receive())
            self._heard_at = _now()
            self._failures = 0  # only now: a gateway may open connections and end them at once
            await self.say(*self._talk.take(frame))

    async def _attend(self) -> None:
        while True:
            await asyncio.sleep(self._timing.tick)
            await self._feel_pulse(_now())
            await self.say(*self._talk.remind(_now()))

    async def _feel_pulse(self, now: float) -> None:
        last_sign = max(self._heard_at, self._connected_at)
        silence = now - last_sign
        if silence > self._timing.ping_every + self._timing.pong_within:
            raise Disconnected(f"no sign of life for {silence:.0f} s")
        if silence > self._timing.ping_every and self._pinged_at < last_sign:
            self._pinged_at = now
            await self.say({"action": "ping"})


def _now() -> float:
    return asyncio.get_running_loop().time()
