"""Bursts of orders, end to end: placed over HTTP, executed, streamed into Postgres.

Three runs, each on a cloud of its own: 100 orders right after the deployment, when no function has run yet, which shows
what cold starts cost; 300 orders with all latencies at 0, which shows what the machine can do; and 200 orders at once
with the default latencies, which shows how far their waits overlap.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import quantiles
from typing import Any

import aiohttp
import psutil
from rich.console import Console
from rich.table import Table

from local.cloud import LocalCloud, temporary_cloud
from tests.support.stored import open_orders, scan
from tests.support.workers import workers_by_function

ORDER = {"orderType": "market", "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1", "slippage": "0.05"}
NO_FAILURES = {"QuoteFailureRate": "0", "SimulationFailureRate": "0", "ExecutionFailureRate": "0"}
PATIENCE = 120.0
"""Seconds after which a run that has not ended is aborted."""


@dataclass(frozen=True, slots=True)
class Run:
    """One burst: what it does and what the cloud is set to."""

    title: str
    orders: int
    at_once: int
    parameters: dict[str, str]
    warm: bool = True
    """Whether the functions have run before."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of it; times in seconds."""

    accepted: float
    """From the first request until all were accepted."""
    ended: float
    """From the first request until all had ended."""
    from_request: list[float]
    """From the request of each order to its last event."""
    from_acceptance: list[float]
    """From the first event of each order to its last."""
    cpu: dict[str, float]
    """Of the emulator and of the functions, for one order."""
    statuses: Counter[str]
    swaps: Counter[int]
    """How many orders were swapped how often."""


NO_LATENCIES = NO_FAILURES | {"QuoteLatencyMs": "0", "ExecutionLatencyMs": "0"}
RUNS = (
    Run("fresh stack", 100, 20, NO_LATENCIES, warm=False),
    Run("no latencies", 300, 20, NO_LATENCIES),
    Run("default latencies", 200, 200, NO_FAILURES),
)


async def place_all(url: str, count: int, at_once: int) -> list[str]:
    """Place orders, so many at a time; return their ids."""
    return list(await place_timed(url, count, at_once))


async def place_timed(url: str, count: int, at_once: int) -> dict[str, float]:
    """Place orders, so many at a time; return by id when each was requested, in seconds since the epoch."""
    gate = asyncio.Semaphore(at_once)

    async def place(session: aiohttp.ClientSession) -> tuple[str, float]:
        async with gate:
            requested = time.time()
            async with session.post(f"{url}/api/orders/execute", json=ORDER) as answer:
                answer.raise_for_status()
                return (await answer.json())["orderId"], requested

    connector = aiohttp.TCPConnector(limit=at_once)
    async with aiohttp.ClientSession(connector=connector) as session:
        return dict(await asyncio.gather(*(place(session) for _ in range(count))))


def burst(cloud: LocalCloud, run: Run) -> Figures:
    """Run one burst and look at what is stored afterwards."""
    if run.warm:
        asyncio.run(place_all(cloud.settings.url, 12, 12))
        _wait_until_closed(cloud)
    cpu, began = _cpu(), time.monotonic()
    placed = asyncio.run(place_timed(cloud.settings.url, run.orders, run.at_once))
    accepted = time.monotonic() - began
    _wait_until_closed(cloud)
    ended = time.monotonic() - began
    used = _cpu()
    items = {item["orderId"]["S"]: item for item in scan(cloud, "OrdersTableName")}
    times = {order_id: list(_times(item)) for order_id, item in items.items() if order_id in placed}
    landed = Counter(item["orderId"]["S"] for item in scan(cloud, "ChainTableName") if item["outcome"]["S"] == "landed")
    return Figures(
        accepted=accepted,
        ended=ended,
        from_request=[moments[-1] - placed[order_id] for order_id, moments in times.items()],
        from_acceptance=[moments[-1] - moments[0] for moments in times.values()],
        cpu={whose: (seconds - cpu[whose]) / run.orders for whose, seconds in used.items()},
        statuses=Counter(items[order_id]["status"]["S"] if order_id in items else "lost" for order_id in placed),
        swaps=Counter(landed[order_id] for order_id in placed),
    )


def _times(item: dict[str, Any]) -> Iterator[float]:
    """Yield when each event of a stored order happened, in seconds since the epoch."""
    for event in item["events"]["L"]:
        yield datetime.fromisoformat(event["M"]["timestamp"]["S"]).timestamp()


def _cpu() -> dict[str, float]:
    """Return the CPU seconds that the emulator and the functions have used so far."""
    emulators = [process for process in psutil.Process().children() if "local_ministack" in process.cmdline()]
    workers = [worker for workers in workers_by_function().values() for worker in workers]
    return {"emulator": cpu_seconds(emulators), "functions": cpu_seconds(workers)}


def cpu_seconds(processes: list[psutil.Process]) -> float:
    """Return the CPU that these processes have used so far."""
    return sum(times.user + times.system for times in (process.cpu_times() for process in processes))


def _wait_until_closed(cloud: LocalCloud) -> None:
    deadline = time.monotonic() + PATIENCE
    while open_orders(cloud):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Orders are still open after {PATIENCE:.0f} s.")
        time.sleep(0.2)


def report(results: list[tuple[Run, Figures]]) -> Table:
    """Return the figures as a table, a column for each run."""
    table = Table(title="Bursts of orders, end to end")
    table.add_column("")
    for run, _ in results:
        table.add_column(run.title, justify="right")
    columns = [_column(run, figures) for run, figures in results]
    for name in columns[0]:
        table.add_row(name, *(column[name] for column in columns))
    return table


def _column(run: Run, figures: Figures) -> dict[str, str]:
    return {
        "orders": str(run.orders),
        "at once": str(run.at_once),
        "all accepted after": f"{figures.accepted:.1f} s",
        "all ended after": f"{figures.ended:.1f} s",
        "request to end, p50": f"{_percentile(figures.from_request, 50):.2f} s",
        "request to end, p99": f"{_percentile(figures.from_request, 99):.2f} s",
        "acceptance to end, p50": f"{_percentile(figures.from_acceptance, 50):.2f} s",
        "acceptance to end, p99": f"{_percentile(figures.from_acceptance, 99):.2f} s",
        **{f"CPU an order, {whose}": f"{seconds * 1000:.0f} ms" for whose, seconds in figures.cpu.items()},
        "orders/s, end to end": f"{run.orders / figures.ended:.1f}",
        "ended as": ", ".join(f"{count} {status}" for status, count in figures.statuses.items()),
        "swaps": ", ".join(f"{count} orders {times} times" for times, count in figures.swaps.items()),
    }


def _percentile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100)[percent - 1]


def main() -> None:
    """Run the bursts one after the other, each on a cloud of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the number of orders")
    parser.add_argument("--run", choices=[run.title for run in RUNS], help="this one only")
    arguments = parser.parse_args()
    console = Console()
    results = []
    for run in RUNS:
        if arguments.run not in (None, run.title):
            continue
        sized = replace(run, orders=int(run.orders * arguments.scale))
        console.print(f"{sized.orders} orders, {sized.at_once} at once, {sized.title} …")
        with temporary_cloud(**sized.parameters) as cloud:
            results.append((sized, burst(cloud, sized)))
    console.print(report(results))


if __name__ == "__main__":
    main()
