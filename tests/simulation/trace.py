"""What happened in a run, one line for each port call: time, actor, call, result."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from order_engine.adapters.simulated_market.ledger import Record
from order_engine.application.identity import Anyone, User
from order_engine.application.messages import (
    OrderPlaced,
    OrderShown,
    Pong,
    Refused,
    Snapshot,
    StatusUpdate,
    Subscribed,
    Unsubscribed,
)
from order_engine.application.place_order import Placed, PlaceOrder
from order_engine.application.ports import DeadLetter, Subscription
from order_engine.domain.events import Failed, RetryScheduled
from order_engine.domain.order import Order
from order_engine.domain.swaps import Landed, Quote, Reverted, Swap, Transaction

_UUID = re.compile(r"([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

_FORMATS: dict[type, Callable[[Any], str]] = {
    Order: lambda order: f"order {order.id} v{order.version} {order.status}{_why(order)}",
    Placed: lambda placed: f"{'replayed' if placed.replayed else 'accepted'} {describe(placed.order)}",
    PlaceOrder: lambda wish: f"{wish.user_id} {wish.terms.token_in.symbol}→{wish.terms.token_out.symbol}",
    User: lambda user: f"{user.user_id} ({' '.join(sorted(user.scopes))}) until {describe(user.expires_at)}",
    Anyone: lambda _: "anyone",
    Transaction: lambda sent: f"tx {sent.signature[:8]} of {sent.swap.order_id} until {describe(sent.valid_until)}",
    Swap: lambda swap: f"swap {swap.order_id} attempt {swap.attempt}",
    Quote: lambda quote: f"{quote.venue} gives {quote.amount_out}",
    Record: lambda it: f"tx {it.signature[:8]} of {it.order_id}: {describe(it.outcome)} at {describe(it.final_at)}",
    Landed: lambda landed: f"landed with {landed.amount_out}",
    Reverted: lambda reverted: f"reverted: {reverted.message}",
    Subscription: lambda it: f"{it.target} for {it.connection_id} after {it.after_seq}",
    DeadLetter: lambda letter: f"letter {letter.body}",
    StatusUpdate: lambda message: f"status_update {message.order.id} {message.event.seq} {message.event.status}",
    Snapshot: lambda message: f"snapshot of {describe(message.order)} after {message.after_seq}",
    Subscribed: lambda message: f"subscribed {message.target}",
    Unsubscribed: lambda message: f"unsubscribed {message.target}",
    OrderPlaced: lambda message: f"accepted {describe(message.order)}",
    OrderShown: lambda message: f"shown {describe(message.order)}",
    Pong: lambda _: "pong",
    Refused: lambda message: f"error {describe(message.error)}",
    datetime: lambda moment: f"{moment:%H:%M:%S.%f}"[:-3],
    timedelta: lambda span: f"{span.total_seconds():+.3f} s",
    type(None): lambda _: "nothing",
}


def describe(value: Any) -> str:
    """Return a value in a few words."""
    kind = type(value)
    if kind in _FORMATS:
        return _FORMATS[kind](value)
    if isinstance(value, Exception):
        return f"{kind.__name__}: {value}"
    if isinstance(value, Mapping):
        keys = ("type", "orderId", "seq", "status", "code")
        return " ".join(str(value[key]) for key in keys if key in value) or str(dict(value))
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(describe, value))}]"
    return str(value)


def _why(order: Order) -> str:
    last = order.events[-1]
    return f" ({last.fault.code})" if isinstance(last, RetryScheduled | Failed) else ""


class Trace:
    """The lines of one run; formatting them costs more than the run itself, so only where they are `wanted`."""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted
        self.lines: list[str] = []

    def note(self, now: int, actor: str, *words: Any) -> None:
        """Add a line."""
        if self.wanted:
            text = _UUID.sub(r"\1", " ".join(map(describe, words)))
            self.lines.append(f"{now / 1000:9.3f}  {actor:<22} {text}")

    def about(self, order_id: str) -> list[str]:
        """Return the lines in which an order is named."""
        return [line for line in self.lines if order_id[:8] in line]

    @property
    def digest(self) -> str:
        """A hash over everything that happened."""
        return sha256("\n".join(self.lines).encode()).hexdigest()
