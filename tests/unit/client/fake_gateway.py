"""The engine as a stream's client sees it: orders that move on, and sockets that misbehave as much as they may.

Frames come twice and overtake one another, connections are cut at any point and lose what was under way. Only what was
stored is sure: as with the real one, a subscription is written first and answered with everything that happened so far.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

from orders_client import Timing
from orders_client.backoff import Backoff
from orders_client.errors import Unavailable
from orders_client.transport import Disconnected

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LIFE = ("pending", "routing", "building", "submitted", "confirmed")
RETRIED = ("pending", "routing", "pending", "routing", "building", "submitted", "confirmed")

QUICK = Timing(
    check_interval=0.001,
    gap_timeout=0.005,
    resend_after=0.01,
    longest_retry_interval=0.02,
    silence_timeout=60,
    request_timeout=5,
    backoff=Backoff(0.001, 0.002),
    reconnect_timeout=5,
)
WARY = replace(QUICK, silence_timeout=0.05)
"""For where the very last event may be lost, which nothing shows."""

Frame = dict[str, Any]


def event(seq: int, status: str) -> Frame:
    timestamp = (START + timedelta(seconds=seq)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"seq": seq, "status": status, "timestamp": timestamp, "data": {"step": seq}}


def order_view(order_id: str, events: list[Frame], **fields: Any) -> Frame:
    return {
        "id": order_id,
        "status": events[-1]["status"],
        "version": len(events),
        "orderType": "market",
        "tokenIn": "SOL",
        "tokenOut": "USDC",
        "amountIn": "1.50",
        "slippage": "0.01",
        "attempts": 1,
        "createdAt": events[0]["timestamp"],
        "updatedAt": events[-1]["timestamp"],
        "events": events,
        **fields,
    }


@dataclass(eq=False)
class FakeSocket:
    gateway: FakeGateway
    targets: dict[str, int] = field(default_factory=dict)
    inbox: asyncio.Queue[Frame | None] = field(default_factory=asyncio.Queue)
    said: list[Frame] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    cut_off: bool = False

    async def send(self, text: str) -> None:
        if self.cut_off:
            raise Disconnected
        frame = json.loads(text)
        self.said.append(frame)
        self.gateway.answer(self, frame)

    async def receive(self) -> str:
        frame = None if self.cut_off else await self.inbox.get()
        if frame is None or self.cut_off:
            raise Disconnected
        return json.dumps(frame)

    async def close(self) -> None:
        self.cut()

    def cut(self) -> None:
        self.cut_off = True
        self.inbox.put_nowait(None)
        self.gateway.sockets.discard(self)


def prompt(socket: FakeSocket, frame: Frame) -> None:
    """Deliver at once, from whichever thread."""
    socket.loop.call_soon_threadsafe(socket.inbox.put_nowait, frame)


@dataclass
class FakeGateway:
    """Every frame to a socket goes through `carry`, which by default is prompt and reliable."""

    orders: dict[str, list[Frame]] = field(default_factory=dict)
    by_client_id: dict[str, str] = field(default_factory=dict)
    sockets: set[FakeSocket] = field(default_factory=set)
    connections: list[FakeSocket] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)
    deaf_to: set[str] = field(default_factory=set)
    carry: Callable[[FakeSocket, Frame], None] = prompt

    async def connect(self) -> FakeSocket:
        if self.refusals:
            raise self.refusals.pop(0)
        socket = FakeSocket(self)
        self.sockets.add(socket)
        self.connections.append(socket)
        return socket

    def place(self, order_id: str | None = None) -> str:
        order_id = order_id or str(uuid4())
        self.orders[order_id] = []
        self.step(order_id, "pending")
        return order_id

    def step(self, order_id: str, status: str) -> None:
        """Append an event and push it to whoever is subscribed now."""
        events = self.orders[order_id]
        events.append(event(len(events) + 1, status))
        for socket in list(self.sockets):
            if socket.targets.keys() & {f"orderId={order_id}", "channel=all", "channel=user"}:
                self.carry(socket, {"type": "status_update", "orderId": order_id, **events[-1]})

    def live(self, order_id: str, life: tuple[str, ...] = LIFE) -> None:
        """Take an order through the rest of its life."""
        for status in life[len(self.orders[order_id]) :]:
            self.step(order_id, status)

    def answer(self, socket: FakeSocket, frame: Frame) -> None:
        if frame["action"] in self.deaf_to:
            return
        echo = {"requestId": frame["requestId"]} if "requestId" in frame else {}
        for answer in getattr(self, f"_{frame['action']}")(socket, frame):
            self.carry(socket, answer | echo if answer["type"] in ("accepted", "order", "error") else answer)

    def _subscribe(self, socket: FakeSocket, frame: Frame) -> list[Frame]:
        if "channel" in frame:
            socket.targets[f"channel={frame['channel']}"] = 0
            return [{"type": "subscribed", "channel": frame["channel"]}]
        order_id, after = frame["orderId"], frame["afterSeq"]
        if order_id not in self.orders:
            told = {"code": "order_not_found", "message": f"There is no order {order_id}.", "orderId": order_id}
            self.carry(socket, {"type": "error", **told})  # by push_updates, which knows of no request id
            return []
        socket.targets[f"orderId={order_id}"] = after
        events = self.orders[order_id]
        snapshot = {"type": "snapshot", "orderId": order_id, "seq": len(events), "status": events[-1]["status"]}
        return [{"type": "subscribed", "orderId": order_id}, {**snapshot, "events": events[after:]}]

    def _unsubscribe(self, socket: FakeSocket, frame: Frame) -> list[Frame]:
        name = "orderId" if "orderId" in frame else "channel"
        socket.targets.pop(f"{name}={frame[name]}", None)
        return [{"type": "unsubscribed", name: frame[name]}]

    def _execute_order(self, socket: FakeSocket, frame: Frame) -> list[Frame]:
        client_id = frame["clientOrderId"]
        replayed = client_id in self.by_client_id
        order_id = self.by_client_id.setdefault(client_id, str(UUID(int=len(self.by_client_id))))
        if not replayed:
            self.place(order_id)
        told = {"orderId": order_id, "status": "pending", "message": "Accepted.", "websocketUrl": "ws://x/ws?orderId=1"}
        subscribe = {"orderId": order_id, "afterSeq": 0}
        return [{"type": "accepted", **told, "replayed": replayed}, *self._subscribe(socket, subscribe)]

    def _get_order(self, socket: FakeSocket, frame: Frame) -> list[Frame]:
        order_id = frame["orderId"]
        if order_id not in self.orders:
            return [{"type": "error", "code": "order_not_found", "message": "There is no such order."}]
        return [{"type": "order", "order": order_view(order_id, self.orders[order_id])}]

    def _cancel_order(self, socket: FakeSocket, frame: Frame) -> list[Frame]:
        if self.orders[frame["orderId"]][-1]["status"] not in ("pending", "routing"):
            return [{"type": "error", "code": "too_late_to_cancel", "message": "Too late."}]
        self.step(frame["orderId"], "cancelled")
        return self._get_order(socket, frame)

    def _ping(self, socket: FakeSocket, frame: Frame) -> list[Frame]:
        return [{"type": "pong"}]


def unruly(random: Random, cuts: float = 0.02, loss: float = 0.02) -> Callable[[FakeSocket, Frame], None]:
    """Return a `carry` under which frames come late, overtake, come twice or never, and connections end."""

    def carry(socket: FakeSocket, frame: Frame) -> None:
        if random.random() < cuts:
            socket.cut()
        for _ in range(0 if random.random() < loss else 2 if random.random() < 0.2 else 1):
            asyncio.get_running_loop().call_later(random.random() * 0.004, socket.inbox.put_nowait, frame)

    return carry


UNREACHABLE = Unavailable("Nobody is there.")
