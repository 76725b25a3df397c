"""The order table on DynamoDB: each step of an order is one conditional write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from order_engine.adapters.aws import ConditionFailed, conditional_write, unavailable_on_error
from order_engine.adapters.dynamodb.order_items import OPEN_SHARDS, OrderItems
from order_engine.application.errors import OrderNotFound, VersionConflict
from order_engine.application.ports import Overdue
from order_engine.domain.order import Order

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_APPEND = "SET #status = :status, version = :version, events = list_append(events, :event)"
_APPEND_AND_CLOSE = _APPEND + " REMOVE #open, dueAt"


@dataclass(frozen=True, slots=True)
class DynamoDBOrderStore:
    """`OrderStore` on a DynamoDB table with the sparse index `open`."""

    client: DynamoDBClient
    table: str
    items: OrderItems

    def create(self, order: Order) -> Order | None:
        """Put the item if there is none; otherwise return the order that is there."""
        try:
            conditional_write(
                self.client.put_item,
                TableName=self.table,
                Item=self.items.to_item(order),
                ConditionExpression="attribute_not_exists(orderId)",
            )
        except ConditionFailed as refused:
            existing = self.items.from_item(refused.item)
            # A put that was repeated because its answer got lost meets itself.
            return None if existing == order else existing
        return None

    def load(self, order_id: str) -> Order:
        """Read the item consistently."""
        with unavailable_on_error("DynamoDB"):
            answer = self.client.get_item(TableName=self.table, Key={"orderId": {"S": order_id}}, ConsistentRead=True)
        if "Item" not in answer:
            raise OrderNotFound(order_id)
        return self.items.from_item(answer["Item"])

    def check(self) -> None:
        """Raise `DependencyUnavailable` unless the table answers."""
        with suppress(OrderNotFound):
            self.load("00000000-0000-0000-0000-000000000000")

    def append(self, order: Order) -> None:
        """Append the last event if the item is exactly one version behind; the last one leaves the index."""
        event = order.events[-1]
        update: dict[str, Any] = {
            "TableName": self.table,
            "Key": {"orderId": {"S": order.id}},
            "UpdateExpression": _APPEND,
            "ConditionExpression": "version = :seen",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":status": {"S": order.status},
                ":version": {"N": str(order.version)},
                ":event": {"L": [self.items.event_attribute(event, order.terms)]},
                ":seen": {"N": str(order.version - 1)},
            },
        }
        if order.status.terminal:
            update["UpdateExpression"] = _APPEND_AND_CLOSE
            update["ExpressionAttributeNames"]["#open"] = "open"
        try:
            conditional_write(self.client.update_item, **update)
        except ConditionFailed as refused:
            if not refused.item:
                raise OrderNotFound(order.id) from refused
            raise VersionConflict(self.items.from_item(refused.item)) from refused

    def overdue(self, now: datetime) -> Iterator[Overdue]:
        """Query each shard of the `open` index up to `now`."""
        pages = self.client.get_paginator("query")
        for shard in range(OPEN_SHARDS):
            with unavailable_on_error("DynamoDB"):
                for page in pages.paginate(
                    TableName=self.table,
                    IndexName="open",
                    KeyConditionExpression="#open = :shard AND dueAt <= :now",
                    ExpressionAttributeNames={"#open": "open"},
                    ExpressionAttributeValues={
                        ":shard": {"S": str(shard)},
                        ":now": {"N": str(int(now.timestamp()))},
                    },
                ):
                    for item in page["Items"]:
                        due_at = datetime.fromtimestamp(int(item["dueAt"]["N"]), UTC)
                        yield Overdue(item["orderId"]["S"], due_at)
