"""Clients that retry: each order is placed until it is accepted, and followed to its end."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from local.cloud import LocalCloud
from orders_client import Accepted, Conflict, OrdersClient, OrderStream, ServerFault, Unavailable

T = TypeVar("T")

Heard = tuple[int, str, datetime, Any]
"""`seq`, status, time and data of an event."""

STREAMS = 12
CANCEL_EVERY = 10
"""One order in this many is cancelled once it is accepted, if that is not too late."""
TERMS = ("SOL", "USDC", "1.5")
SLIPPAGE = "0.01"


@dataclass(slots=True)
class Clients:
    """Everybody who places orders. Half of them come over HTTP, half over a socket; all are followed over sockets.

    After each acceptance the queue gets the order's message once more; what the sweeper sends has no such twin.
    Moments are those of `time.monotonic`.
    """

    cloud: LocalCloud
    streams: Sequence[OrderStream]
    made_again: Counter[str] = field(default_factory=Counter)
    """Requests that were retried, as there was no answer, or a fault of the server."""
    sent_again: int = 0
    """Messages that were sent to the queue a second time."""
    accepted: dict[str, float] = field(default_factory=dict)
    """When each order was accepted."""
    ended: dict[str, float] = field(default_factory=dict)
    """When the client knew the whole of each order."""
    cancelled: set[str] = field(default_factory=set)
    """Orders whose cancellation was confirmed."""
    _followed: dict[str, OrderStream] = field(default_factory=dict)

    async def run(self, orders: int, seconds: float) -> None:
        """Place so many orders evenly within that time, and follow them all to their end."""
        with OrdersClient(self.cloud.settings.url) as client:
            async with asyncio.TaskGroup() as tasks:
                for number in range(orders):
                    tasks.create_task(self._order(number, client))
                    await asyncio.sleep(seconds / orders)

    async def queue_again(self, order_id: str) -> None:
        """Send an order's message a second time."""
        queue = self.cloud.session.client("sqs")
        message = {"QueueUrl": self.cloud.outputs["OrdersQueueUrl"], "MessageBody": json.dumps({"orderId": order_id})}
        await asyncio.to_thread(queue.send_message, **message)
        self.sent_again += 1

    def heard(self, order_id: str) -> list[Heard]:
        """Return what the order's client knows of it."""
        events = self._followed[order_id].feed(order_id).events
        return [(event.seq, event.status.value, event.timestamp, event.data) for event in events]

    async def _order(self, number: int, client: OrdersClient) -> None:
        stream = self.streams[number % len(self.streams)]
        order_id = await self._place(number, client, stream)
        self.accepted[order_id] = time.monotonic()
        self._followed[order_id] = stream
        await self.queue_again(order_id)
        if number % CANCEL_EVERY == 0:
            await self._cancel(client, order_id)
        await self._retried(lambda: stream.wait_until_terminal(order_id))
        self.ended[order_id] = time.monotonic()

    async def _place(self, number: int, client: OrdersClient, stream: OrderStream) -> str:
        key = f"chaos-{number}"

        async def place() -> Accepted:
            if number % 2:
                return await stream.place_order(*TERMS, slippage=SLIPPAGE, client_order_id=key)
            return await asyncio.to_thread(client.place, *TERMS, slippage=SLIPPAGE, client_order_id=key)

        return (await self._retried(place)).order_id

    async def _cancel(self, client: OrdersClient, order_id: str) -> None:
        with suppress(Conflict):  # it is too late
            await self._retried(lambda: asyncio.to_thread(client.cancel, order_id))
            self.cancelled.add(order_id)

    async def _retried(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Retry until there is an answer, and return it."""
        while True:
            try:
                return await ask()
            except (ServerFault, Unavailable) as failed:
                self.made_again[str(failed)] += 1
                await asyncio.sleep(0.25)
