"""Bursts of orders, end to end: placed over HTTP, executed, streamed into Postgres.

Two runs: 300 orders with all latencies at 0, which shows what the machine can do, and 200 orders at once with the
default latencies, which shows how far their waits overlap.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from dataclasses import dataclass

import aiohttp
from rich.console import Console
from rich.table import Table

from local.cloud import LocalCloud, temporary_cloud
from tests.support.stored import open_orders, scan

ORDER = {"orderType": "market", "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1", "slippage": "0.05"}
NO_FAILURES = {"QuoteFailureRate": "0", "SimulationFailureRate": "0", "ExecutionFailureRate": "0"}
PATIENCE = 120.0
"""Seconds after which a run that has not ended is given up."""


@dataclass(frozen=True, slots=True)
class Run:
    """One burst: what it does and what the cloud is set to."""

    title: str
    orders: int
    at_once: int
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of it; times in seconds from the first request."""

    accepted: float
    ended: float
    statuses: Counter[str]
    swaps: Counter[int]
    """How many orders were swapped how often."""


RUNS = (
    Run("no latencies", 300, 20, NO_FAILURES | {"QuoteLatencyMs": "0", "ExecutionLatencyMs": "0"}),
    Run("default latencies", 200, 200, NO_FAILURES),
)


async def place_all(url: str, count: int, at_once: int) -> list[str]:
    """Place orders, so many at a time; return their ids."""
    gate = asyncio.Semaphore(at_once)

    async def place(session: aiohttp.ClientSession) -> str:
        async with gate, session.post(f"{url}/api/orders/execute", json=ORDER) as answer:
            answer.raise_for_status()
            order_id: str = (await answer.json())["orderId"]
            return order_id

    connector = aiohttp.TCPConnector(limit=at_once)
    async with aiohttp.ClientSession(connector=connector) as session:
        return list(await asyncio.gather(*(place(session) for _ in range(count))))


def burst(cloud: LocalCloud, run: Run) -> Figures:
    """Run one burst and look at what is stored afterwards."""
    asyncio.run(place_all(cloud.settings.url, 12, 12))  # starts the functions' sandboxes
    _wait_until_closed(cloud)
    began = time.monotonic()
    placed = set(asyncio.run(place_all(cloud.settings.url, run.orders, run.at_once)))
    accepted = time.monotonic() - began
    _wait_until_closed(cloud)
    ended = time.monotonic() - began
    stored = {item["orderId"]["S"]: item["status"]["S"] for item in scan(cloud, "OrdersTableName")}
    landed = Counter(item["orderId"]["S"] for item in scan(cloud, "ChainTableName") if item["outcome"]["S"] == "landed")
    statuses = Counter(stored.get(order_id, "lost") for order_id in placed)
    return Figures(accepted, ended, statuses, Counter(landed[order_id] for order_id in placed))


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
        "orders/s, end to end": f"{run.orders / figures.ended:.1f}",
        "ended as": ", ".join(f"{count} {status}" for status, count in figures.statuses.items()),
        "swaps": ", ".join(f"{count} orders {times} times" for times, count in figures.swaps.items()),
    }


def main() -> None:
    """Run the bursts one after the other, each on a cloud of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the number of orders")
    scale = parser.parse_args().scale
    console = Console()
    results = []
    for run in RUNS:
        sized = Run(run.title, int(run.orders * scale), run.at_once, run.parameters)
        console.print(f"{sized.orders} orders, {sized.at_once} at once, {sized.title} …")
        with temporary_cloud(**sized.parameters) as cloud:
            results.append((sized, burst(cloud, sized)))
    console.print(report(results))


if __name__ == "__main__":
    main()
