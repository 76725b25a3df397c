"""The faults that are injected. Only processes of this run's own local cloud are killed, by their ids."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from local.cloud import LocalCloud
from tests.chaos.sockets import Sockets
from tests.support.stored import disabled
from tests.support.workers import workers_by_function

POSTGRES_AWAY = 10.0
"""Seconds for which Postgres is stopped."""


@dataclass(slots=True)
class Faults:
    """Injects faults, and counts them.

    Args:
        cloud: whose processes and event sources are broken.
        sockets: the clients' connections.
        dice: decides what and when.
        tell: is told of each fault.
    """

    cloud: LocalCloud
    sockets: Sockets
    dice: random.Random
    tell: Callable[[str], None]
    killed: Counter[str] = field(default_factory=Counter)
    """Workers, by function."""
    paused: int = 0
    """How often an event source was disabled and enabled again."""
    postgres_away: tuple[float, float] = (0.0, 0.0)
    """From when to when Postgres was away, by `time.monotonic`."""

    async def run(self, seconds: float) -> None:
        """Inject faults for this many seconds, then leave everything running."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._stop_postgres(seconds / 3))
            for fault in (self._kill_a_worker, self._pause_a_source, self._cut_sockets):
                tasks.create_task(_repeat(fault, time.monotonic() + seconds))

    async def _kill_a_worker(self) -> None:
        await asyncio.sleep(self.dice.uniform(0.5, 2.5))
        if not (workers := await asyncio.to_thread(workers_by_function)):
            return
        function = self.dice.choice(sorted(workers))
        with suppress(psutil.NoSuchProcess):  # it has ended by itself
            self.dice.choice(workers[function]).kill()
            self.killed[function] += 1
            self.tell(f"killed a worker of {function}")

    async def _pause_a_source(self) -> None:
        await asyncio.sleep(self.dice.uniform(2, 4))
        mappings = await asyncio.to_thread(self._mappings)
        name, mapping = self.dice.choice(sorted(mappings.items()))
        self.tell(f"disabled an event source of {name.partition(' ')[0]}")
        with disabled(self.cloud, [mapping]):
            await asyncio.sleep(self.dice.uniform(2, 4))
        self.paused += 1

    def _mappings(self) -> dict[str, str]:
        found = self.cloud.session.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        return {
            f"{mapping['FunctionArn'].split('-')[-2]} {mapping['EventSourceArn']}": mapping["UUID"] for mapping in found
        }

    async def _cut_sockets(self) -> None:
        await asyncio.sleep(self.dice.uniform(6, 10))
        self.tell(f"cut {self.sockets.cut()} sockets")

    async def _stop_postgres(self, after: float) -> None:
        await asyncio.sleep(after)
        self.tell(f"stopped Postgres for {POSTGRES_AWAY:.0f} s")
        down = time.monotonic()
        await asyncio.to_thread(self.cloud.stop_postgres)
        await asyncio.sleep(POSTGRES_AWAY)
        await asyncio.to_thread(self.cloud.start_postgres)
        self.postgres_away = down, time.monotonic()
        self.tell("started Postgres")


async def _repeat(fault: Callable[[], Awaitable[None]], until: float) -> None:
    while time.monotonic() < until:
        await fault()
