"""Fan-out: 200 sockets on the channel `all`, 50 orders, and when each event reached each socket.

Every socket has to receive every event, and none twice; what they received is compared with what is stored. Two runs:
one order a second, where the last event has to reach everybody within `LIMIT` seconds of its write; and all orders at
once, which shows how fast frames go out. On the local cloud that is up to the emulated gateway: it is one thread, and
takes half a millisecond for each frame, as the table says.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from statistics import quantiles

import psutil
from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.burst import NO_FAILURES, cpu_seconds, place_all
from local.cloud import LocalCloud, temporary_cloud
from tests.support.stored import scan
from tests.support.workers import workers_by_function

LIMIT = 5.0
"""Seconds from the write of the last event until everybody has it."""
PATIENCE = 120.0
"""Seconds after which a run that has not ended is aborted."""
AT_ONCE = 20
"""Connections that are opened at the same time."""
WHOSE = ("push_updates", "gateway")
"""Whose CPU is told."""

EventKey = tuple[str, int]
"""An order's id and the event's `seq`."""


@dataclass(frozen=True, slots=True)
class Run:
    """How the orders come.

    Args:
        pause: seconds between two orders; 0 is all at once.
        limited: whether `LIMIT` is more than told.
    """

    title: str
    pause: float
    limited: bool


RUNS = (Run("one a second", 1.0, limited=True), Run("all at once", 0.0, limited=False))


@dataclass(slots=True)
class Listener:
    """One socket, and when it received each event; times are seconds since the epoch."""

    heard: dict[EventKey, float] = field(default_factory=dict)
    frames: int = 0

    async def listen(self, connection: ClientConnection, wanted: asyncio.Queue[EventKey]) -> None:
        """Note and announce each event, for as long as the connection lasts."""
        async for text in connection:
            message = json.loads(text)
            if message["type"] == "status_update":
                self.frames += 1
                key = message["orderId"], message["seq"]
                self.heard.setdefault(key, time.time())
                wanted.put_nowait(key)


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a run; times in seconds."""

    run: Run
    sockets: int
    events: int
    frames: int
    lost: int
    delays: list[float]
    """From the write of each event to its arrival at each socket."""
    last_everywhere: float
    """From the write of the last event until everybody had it."""
    took: float
    """From the first event's write to the last arrival."""
    cpu: dict[str, float]
    """CPU seconds, by whose."""

    @property
    def duplicates(self) -> int:
        """How many frames repeated an event that their socket had already."""
        return self.frames + self.lost - self.sockets * self.events

    @property
    def good(self) -> bool:
        """Whether nothing was lost, duplicated or late."""
        in_time = self.last_everywhere <= LIMIT or not self.run.limited
        return not self.lost and not self.duplicates and in_time


async def fan_out(cloud: LocalCloud, run: Run, sockets: int, orders: int) -> Figures:
    """Open the sockets, place the orders, and wait until every socket has received every event, or time is up."""
    listeners = [Listener() for _ in range(sockets)]
    news: asyncio.Queue[EventKey] = asyncio.Queue()
    async with AsyncExitStack() as stack:
        gate = asyncio.Semaphore(AT_ONCE)
        connections = await asyncio.gather(*(_subscribed(cloud, gate) for _ in listeners))
        for connection in connections:
            stack.push_async_callback(connection.close)
        tasks = [
            asyncio.create_task(listener.listen(connection, news))
            for listener, connection in zip(listeners, connections, strict=True)
        ]
        await _warm_up(cloud, listeners, news)
        before = _cpu()
        placed = await _place(cloud, run, orders)
        stored = await _all_heard(cloud, placed, listeners, news)
        cpu = {whose: seconds - before[whose] for whose, seconds in _cpu().items()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return _figures(run, stored, listeners, cpu)


async def _warm_up(cloud: LocalCloud, listeners: list[Listener], news: asyncio.Queue[EventKey]) -> None:
    """Have every socket receive one order, so that all functions have started; it does not count."""
    await _all_heard(cloud, set(await place_all(cloud.settings.url, 1, 1)), listeners, news)
    for listener in listeners:
        listener.heard.clear()
        listener.frames = 0


async def _place(cloud: LocalCloud, run: Run, orders: int) -> set[str]:
    if not run.pause:
        return set(await place_all(cloud.settings.url, orders, orders))
    placing = []
    for _ in range(orders):
        placing.append(asyncio.create_task(place_all(cloud.settings.url, 1, 1)))
        await asyncio.sleep(run.pause)
    return {order_id for placed in await asyncio.gather(*placing) for order_id in placed}


def _cpu() -> dict[str, float]:
    """Return the CPU seconds that each of `WHOSE` has used so far."""
    gateways = [process for process in psutil.Process().children() if "local_ministack" in process.cmdline()]
    return {"push_updates": cpu_seconds(workers_by_function()["PushUpdates"]), "gateway": cpu_seconds(gateways)}


async def _subscribed(cloud: LocalCloud, gate: asyncio.Semaphore) -> ClientConnection:
    """Open a connection on the channel, straight to the gateway as on AWS, and wait until it is subscribed."""
    address = f"{cloud.settings.aws_url}/_aws/execute-api/WebSocketApi/dev".replace("http", "ws", 1)
    async with gate:
        connection = await connect(f"{address}?channel=all", max_queue=None, compression=None, open_timeout=60)
        await asyncio.wait_for(connection.recv(), 60)
        return connection


async def _all_heard(
    cloud: LocalCloud, placed: set[str], listeners: list[Listener], news: asyncio.Queue[EventKey]
) -> dict[EventKey, float]:
    """Wait until each listener has received each stored event; return when each was written."""
    heard: Counter[EventKey] = Counter()
    stored: dict[EventKey, float] = {}
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            heard[await asyncio.wait_for(news.get(), 1)] += 1
        except TimeoutError:
            stored = await asyncio.to_thread(_stored, cloud, placed)
            if stored and all(heard[key] >= len(listeners) for key in stored):
                break
    return stored


def _stored(cloud: LocalCloud, placed: set[str]) -> dict[EventKey, float]:
    """Return when each event was written, once all orders have ended."""
    items = [i for i in scan(cloud, "OrdersTableName") if i["orderId"]["S"] in placed]
    if any("open" in item for item in items):
        return {}
    return {
        (item["orderId"]["S"], int(event["M"]["seq"]["N"])): _seconds(event["M"]["timestamp"]["S"])
        for item in items
        for event in item["events"]["L"]
    }


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def _figures(run: Run, stored: dict[EventKey, float], listeners: list[Listener], cpu: dict[str, float]) -> Figures:
    delays = [at - stored[key] for listener in listeners for key, at in listener.heard.items() if key in stored]
    last = max(stored, key=lambda key: stored[key])
    return Figures(
        run=run,
        sockets=len(listeners),
        events=len(stored),
        frames=sum(listener.frames for listener in listeners),
        lost=sum(key not in listener.heard for listener in listeners for key in stored),
        delays=delays,
        last_everywhere=max(listener.heard.get(last, inf) for listener in listeners) - stored[last],
        took=max(at for listener in listeners for at in listener.heard.values()) - min(stored.values()),
        cpu=cpu,
    )


def report(results: list[Figures]) -> Table:
    """Return the figures as a table: a row for each figure, a column for each run."""
    table = Table(title="Fan-out on the channel `all`")
    table.add_column("orders")
    for figures in results:
        table.add_column(figures.run.title, justify="right")
    rows = {
        "sockets": lambda it: str(it.sockets),
        "events": lambda it: str(it.events),
        "frames": lambda it: str(it.frames),
        "lost": lambda it: str(it.lost),
        "duplicates": lambda it: str(it.duplicates),
        "frames/s": lambda it: f"{it.frames / it.took:.0f}",
        "write to socket, p50": lambda it: f"{quantiles(it.delays, n=100)[49]:.2f} s",
        "p95": lambda it: f"{quantiles(it.delays, n=100)[94]:.2f} s",
        "longest": lambda it: f"{max(it.delays):.2f} s",
        "last event everywhere after": lambda it: f"{it.last_everywhere:.2f} s",
        f"of {LIMIT:.0f} s": lambda it: f"{it.last_everywhere / LIMIT:.2f}",
    } | {
        f"CPU a frame, {whose}": lambda it, whose=whose: f"{it.cpu[whose] / it.frames * 1000:.2f} ms" for whose in WHOSE
    }
    for name, show in rows.items():
        table.add_row(name, *map(show, results))
    return table


def main() -> int:
    """Run on a cloud of its own; the exit code says whether everything held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=200)
    parser.add_argument("--orders", type=int, default=50)
    arguments = parser.parse_args()
    console = Console()
    results = []
    with temporary_cloud(**NO_FAILURES) as cloud:
        for run in RUNS:
            console.print(f"{arguments.sockets} sockets, {arguments.orders} orders, {run.title} …")
            results.append(asyncio.run(fan_out(cloud, run, arguments.sockets, arguments.orders)))
    console.print(report(results))
    return 0 if all(figures.good for figures in results) else 1


if __name__ == "__main__":
    sys.exit(main())
