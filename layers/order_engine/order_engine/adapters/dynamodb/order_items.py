"""An order as a DynamoDB item, as `PutItem` takes it and as reads and stream images give it.

An event's `data` is stored as JSON text: compact (write units are counted in kilobytes), and exactly what goes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from order_engine.application.ports import EventCodec
from order_engine.domain.events import Event
from order_engine.domain.order import Order
from order_engine.domain.terms import Terms
from order_engine.domain.timestamps import format_timestamp, parse_timestamp
from order_engine.domain.tokens import token

Item = Mapping[str, Any]

OPEN_SHARDS = 4
"""Partitions of the sparse `open` index: one takes 1,000 writes a second."""


@dataclass(frozen=True, slots=True)
class OrderItems:
    """Turns orders into items and back."""

    codec: EventCodec

    def to_item(self, order: Order) -> dict[str, Any]:
        """Return the whole item of an order that is still open."""
        terms = order.terms
        texts = {
            "orderId": order.id,
            "status": order.status,
            "userId": order.user_id,
            "orderType": terms.order_type,
            "tokenIn": terms.token_in.symbol,
            "tokenOut": terms.token_out.symbol,
            "amountInEntered": terms.amount_in_entered,
            "slippageEntered": terms.slippage_entered,
            "minAmountOutEntered": terms.min_amount_out_entered,
            "createdAt": format_timestamp(order.created_at),
            "clientOrderId": order.client_order_id,
            "correlationId": order.correlation_id,
            "open": str(crc32(order.id.encode()) % OPEN_SHARDS),
        }
        numbers = {
            "version": order.version,
            "amountIn": terms.amount_in,
            "slippageBps": terms.slippage_bps,
            "minAmountOut": terms.min_amount_out,
            "dueAt": int(order.due_at.timestamp()),
        }
        return {
            **{name: {"S": text} for name, text in texts.items() if text is not None},
            **{name: {"N": str(number)} for name, number in numbers.items()},
            "events": {"L": [self.event_attribute(event, terms) for event in order.events]},
        }

    def event_attribute(self, event: Event, terms: Terms) -> dict[str, Any]:
        """Return one event as an element of the item's list."""
        return {
            "M": {
                "seq": {"N": str(event.seq)},
                "status": {"S": event.status},
                "timestamp": {"S": format_timestamp(event.timestamp)},
                "data": {"S": self.codec.encode(event, terms)},
            }
        }

    def from_item(self, item: Item) -> Order:
        """Return the order of an item or stream image."""
        order_id, terms = item["orderId"]["S"], _terms(item)
        events = tuple(self._event(order_id, terms, attribute["M"]) for attribute in item["events"]["L"])
        return Order(order_id, events, _text(item, "clientOrderId"))

    def _event(self, order_id: str, terms: Terms, attributes: Item) -> Event:
        return self.codec.decode(
            order_id,
            terms,
            int(attributes["seq"]["N"]),
            attributes["status"]["S"],
            parse_timestamp(attributes["timestamp"]["S"]),
            attributes["data"]["S"],
        )


def _terms(item: Item) -> Terms:
    return Terms(
        order_type=item["orderType"]["S"],
        token_in=token(item["tokenIn"]["S"]),
        token_out=token(item["tokenOut"]["S"]),
        amount_in=int(item["amountIn"]["N"]),
        amount_in_entered=item["amountInEntered"]["S"],
        slippage_bps=int(item["slippageBps"]["N"]),
        slippage_entered=item["slippageEntered"]["S"],
        min_amount_out=int(item["minAmountOut"]["N"]),
        min_amount_out_entered=_text(item, "minAmountOutEntered"),
    )


def _text(item: Item, name: str) -> str | None:
    text: str | None = item.get(name, {}).get("S")
    return text
