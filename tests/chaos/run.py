"""One run: load and faults together, then the time until everything is as it should be."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from local.cloud import LocalCloud
from order_engine.domain.events import Status
from tests.chaos.clients import Clients
from tests.chaos.evidence import gather_evidence, versions
from tests.chaos.faults import Faults
from tests.chaos.sockets import Sockets
from tests.chaos.verdict import Evidence, Verdict, verdicts
from tests.support.stored import open_orders, queue_length

STREAMS = 12
"""Connections of the clients."""

PATIENCE = 420.0
"""Seconds after the last fault in which all has to be well again. What a killed worker held is hidden for 180."""
WELL_AGAIN = "orders, Postgres, clients and queue are well again in time"

PARAMETERS = dict.fromkeys(("QuoteFailureRate", "SimulationFailureRate", "ExecutionFailureRate"), "0.3")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of it. Load and faults last for `seconds`."""

    orders: int = 300
    seconds: float = 60.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Recovery:
    """Seconds from the last fault until each of these was well again; None: not in time.

    Args:
        orders: all had ended.
        history: Postgres held them all.
        clients: all knew all.
        queue: the last message was gone, also those that killed workers had held.
    """

    orders: float | None
    history: float | None
    clients: float | None
    queue: float | None

    @property
    def verdict(self) -> Verdict:
        """Return the promise that all of this comes in time, and what did not."""
        late = (name for name, seconds in asdict(self).items() if seconds is None)
        return Verdict(WELL_AGAIN, tuple(f"{name}: not within {PATIENCE:g} s" for name in late))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a run."""

    plan: Plan
    faults: Faults
    clients: Clients
    recovery: Recovery
    evidence: Evidence

    @property
    def verdicts(self) -> list[Verdict]:
        """Return all promises, and how they were broken."""
        return [*verdicts(self.evidence), self.recovery.verdict]

    @property
    def good(self) -> bool:
        """Whether every promise was kept."""
        return not any(verdict.broken for verdict in self.verdicts)

    @property
    def lifetimes(self) -> list[float]:
        """Return, in ascending order, the seconds from each order's first to its last event."""
        lives = (order.updated_at - order.created_at for order in self.evidence.orders.values())
        return sorted(life.total_seconds() for life in lives)

    def ended_as(self, status: Status) -> int:
        """Return how many orders ended so."""
        return sum(order.status is status for order in self.evidence.orders.values())


async def chaos(cloud: LocalCloud, plan: Plan, tell: Callable[[str], None]) -> Outcome:
    """Place the orders, break things meanwhile, wait for recovery and look at what is left."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(64))  # requests that wait are many
    sockets = Sockets(cloud.settings.websocket_url)
    faults = Faults(cloud, sockets, random.Random(plan.seed), tell)
    async with sockets.streams(STREAMS) as streams:
        clients = Clients(cloud, streams)
        load = asyncio.create_task(clients.run(plan.orders, plan.seconds))
        try:
            await faults.run(plan.seconds)
            tell("no more faults; waiting for recovery")
            recovery = await _recovery(cloud, plan, load)
        finally:
            load.cancel()
            await asyncio.wait([load])
    evidence = await asyncio.to_thread(gather_evidence, cloud, clients, plan.orders)
    return Outcome(plan, faults, clients, recovery, evidence)


async def _recovery(cloud: LocalCloud, plan: Plan, load: asyncio.Task[None]) -> Recovery:
    healed = time.monotonic()

    def all_ended() -> bool:
        return not open_orders(cloud)

    def history_agrees() -> bool:
        table, history = versions(cloud)
        return len(table) == plan.orders and table == history and all_ended()

    async def seconds_until(recovered: Callable[[], bool]) -> float | None:
        while time.monotonic() - healed < PATIENCE:
            if load.done():
                load.result()  # raises what no client was prepared for
            if await asyncio.to_thread(recovered):
                return round(time.monotonic() - healed, 1)
            await asyncio.sleep(0.5)
        return None

    return Recovery(
        *await asyncio.gather(
            seconds_until(all_ended),
            seconds_until(history_agrees),
            seconds_until(load.done),
            seconds_until(lambda: not queue_length(cloud, "OrdersQueueUrl")),
        )
    )
