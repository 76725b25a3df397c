"""Resuming is a contract: connections are cut at random points of many orders, and no client has a gap or a fault."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from itertools import chain

import httpx
import pytest
from websockets.asyncio.client import connect

from local.cloud import LocalCloud
from order_engine.contracts.views import order_view
from orders_client import Backoff, Event, OrderStream, Timing
from orders_client.transport import Connect, Disconnected, Socket, WebSocket
from tests.support.cloud import ORDER, Message
from tests.support.identity import identity_headers, own_id
from tests.support.stored import ITEMS, scan

ORDERS = {"none": 200, "cognito": 80}
"""By mode: with authentication, only that every connection has to be let in anew is left to see."""
TRADERS = 2
"""Clients that place half of the orders and follow each of them; two more subscribe to channels."""
AT_ONCE = 10
LIFE = {"none": (1, 60), "cognito": (1, 24)}
"""How many frames a connection carries before it is cut, drawn evenly: the shorter, the fewer orders there are."""
SEED = 20260301
TIMEOUT = 60
"""Seconds for one order."""
TIMING = Timing(gap_timeout=0.5, resend_after=1.0, longest_retry_interval=4.0, backoff=Backoff(0.02, 0.1))


class Cut:
    """A socket whose connection breaks after so many frames: the next one is lost, and with it all that follow."""

    def __init__(self, socket: WebSocket, frames: int) -> None:
        self._socket = socket
        self._frames = frames

    async def send(self, text: str) -> None:
        await self._socket.send(text)

    async def receive(self) -> str:
        text = await self._socket.receive()
        if self._frames == 0:
            self._socket.connection.transport.abort()
            raise Disconnected("cut")
        self._frames -= 1
        return text

    async def close(self) -> None:
        await self._socket.close()


def to_stream(cloud: LocalCloud) -> Connect:
    """Return what opens connections of one user, who may watch everybody's orders."""

    async def open_connection() -> Socket:
        url, headers = cloud.settings.websocket_url, identity_headers(cloud)
        return WebSocket(await connect(url, additional_headers=headers, close_timeout=2))

    return open_connection


def cut_now_and_then(connect: Connect, life: tuple[int, int], randomness: random.Random) -> Connect:
    """Return what opens connections that don't last."""

    async def open_connection() -> Socket:
        socket = await connect()
        assert isinstance(socket, WebSocket)
        return Cut(socket, randomness.randint(*life))

    return open_connection


def stored(cloud: LocalCloud) -> dict[str, list[Message]]:
    """Return the events of each order as the table has them."""
    orders = map(ITEMS.from_item, scan(cloud, "OrdersTableName"))
    return {order.id: [{**event} for event in order_view(order)["events"]] for order in orders}


def on_the_wire(events: Sequence[Event]) -> list[Message]:
    """Return events as the API writes them."""
    return [
        {
            "seq": event.seq,
            "status": event.status.value,
            "timestamp": event.timestamp.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "data": event.data,
        }
        for event in events
    ]


async def trade(stream: OrderStream, count: int) -> list[str]:
    """Place orders over a stream and follow them to their end, however often it is cut meanwhile; return their ids."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> str:
        async with gate:
            accepted = await stream.place_order(ORDER["tokenIn"], ORDER["tokenOut"], ORDER["amountIn"])
            await stream.wait_until_terminal(accepted.order_id, TIMEOUT)
            return accepted.order_id

    return list(await asyncio.gather(*(one() for _ in range(count))))


async def place(cloud: LocalCloud, count: int) -> list[str]:
    """Place orders of one user over HTTP; return their ids."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(client: httpx.AsyncClient) -> str:
        async with gate:
            answer = await client.post("/api/orders", json=ORDER | {"userId": own_id(cloud)})
            return str(answer.raise_for_status().json()["orderId"])

    url, headers = cloud.settings.url, identity_headers(cloud)
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
        return list(await asyncio.gather(*(one(client) for _ in range(count))))


async def wait_for_all(stream: OrderStream, order_ids: Iterable[str]) -> None:
    """Wait until the subscriber of a channel knows how each order has ended, also those whose events it missed."""
    await asyncio.gather(*(stream.wait_until_terminal(order_id, TIMEOUT) for order_id in order_ids))


@pytest.mark.timeout(180)
def test_cut_at_random_points_every_client_ends_with_everything(cloud: LocalCloud) -> None:
    connect, user_id, life, count = to_stream(cloud), own_id(cloud), LIFE[cloud.auth_mode], ORDERS[cloud.auth_mode]
    randomness = random.Random(SEED)
    everything, users, *traders = [
        OrderStream(
            user_id=user_id, timing=TIMING, connect=cut_now_and_then(connect, life, random.Random(randomness.random()))
        )
        for _ in range(2 + TRADERS)
    ]

    async def run() -> tuple[list[str], ...]:
        async with AsyncExitStack() as opened:
            for stream in (everything, users, *traders):
                await opened.enter_async_context(stream)
            await everything.subscribe_channel("all")
            await users.subscribe_channel("user")
            orders = await asyncio.gather(
                place(cloud, count // 2), *(trade(one, count // 2 // TRADERS) for one in traders)
            )
            await asyncio.gather(wait_for_all(everything, chain(*orders)), wait_for_all(users, chain(*orders)))
            return tuple(orders)

    placed, *traded = asyncio.run(run())
    truth = stored(cloud)
    all_orders = [*placed, *chain(*traded)]
    assert len(set(all_orders)) == count
    for stream, order_ids in [(everything, all_orders), (users, all_orders), *zip(traders, traded, strict=True)]:
        assert stream.connections > 5
        for order_id in order_ids:
            events = on_the_wire(stream.feed(order_id).events)
            assert events == truth[order_id]
            assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
