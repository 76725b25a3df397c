"""The connections table: a row for each connection, and one for each of its subscriptions.

The connection's own row lists what it listens to, so that removing it finds every row without a search, and so that the
number of subscriptions can be limited by a condition. Rows expire by TTL, as the gateway ends connections after 2 h.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zlib import crc32

from order_engine.adapters.aws import ConditionFailed, conditional_write, unavailable_on_error
from order_engine.adapters.dynamodb.callers import caller_attributes, caller_in
from order_engine.application.errors import NotConnected, TooManySubscriptions
from order_engine.application.identity import Caller
from order_engine.application.ports import Clock, Subscription
from order_engine.application.targets import ALL
from order_engine.domain.timestamps import format_timestamp, parse_timestamp

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

ROW_LIFETIME = 7_500
"""Seconds: a little more than the two hours after which API Gateway ends any WebSocket connection."""

MAX_SUBSCRIPTIONS = 100
ALL_SHARDS = 4
"""The `all` channel is spread over so many partitions, so that many subscribers don't make one of them hot."""

_CONNECTION = "connection#"
_SHARD = "|"
_ROOM_FOR_ONE_MORE = (
    "attribute_exists(connectionId) AND"
    " (attribute_not_exists(targets) OR contains(targets, :target) OR size(targets) < :limit)"
)


@dataclass(frozen=True, slots=True)
class DynamoDBSubscriptions:
    """`Subscriptions` on a DynamoDB table."""

    client: DynamoDBClient
    table: str
    clock: Clock

    def connect(self, connection_id: str, caller: Caller, first: Subscription | None) -> None:
        """Write the connection's row and then, as its stream record has `push_updates` read, the subscription's."""
        row = self._row(_CONNECTION + connection_id, connection_id, caller)
        if first is not None:
            row["targets"] = {"SS": [first.target]}
        self._put(row)
        if first is not None:
            self._put(self._subscription(first))

    def add(self, subscription: Subscription) -> None:
        """Count the subscription on the connection's row, if there is room, then write it."""
        try:
            conditional_write(
                self.client.update_item,
                **self._connection(subscription.connection_id),
                UpdateExpression="ADD targets :targets",
                ConditionExpression=_ROOM_FOR_ONE_MORE,
                ExpressionAttributeValues={
                    ":targets": {"SS": [subscription.target]},
                    ":target": {"S": subscription.target},
                    ":limit": {"N": str(MAX_SUBSCRIPTIONS)},
                },
            )
        except ConditionFailed as refused:
            if refused.item:
                raise TooManySubscriptions(MAX_SUBSCRIPTIONS) from refused
            raise NotConnected(subscription.connection_id) from refused
        self._put(self._subscription(subscription))

    def renew(self, subscription: Subscription) -> None:
        """Change the row's token, which gives a stream record, unless the row is gone."""
        with suppress(ConditionFailed):
            conditional_write(
                self.client.update_item,
                TableName=self.table,
                Key=self._key(subscription.target, subscription.connection_id),
                UpdateExpression="SET renewal = :token",
                ConditionExpression="attribute_exists(connectionId)",
                ExpressionAttributeValues={":token": {"S": uuid4().hex}},
            )

    def remove(self, target: str, connection_id: str) -> None:
        """Delete one subscription's row, then take it off the connection's, unless that is gone."""
        self._delete(target, connection_id)
        with suppress(ConditionFailed):
            conditional_write(
                self.client.update_item,
                **self._connection(connection_id),
                UpdateExpression="DELETE targets :targets",
                ConditionExpression="attribute_exists(connectionId)",
                ExpressionAttributeValues={":targets": {"SS": [target]}},
            )

    def disconnect(self, connection_id: str) -> None:
        """Delete the connection's row, then the rows it lists."""
        with unavailable_on_error("DynamoDB"):
            answer = self.client.delete_item(**self._connection(connection_id), ReturnValues="ALL_OLD")
        for target in answer.get("Attributes", {}).get("targets", {}).get("SS", []):
            self._delete(target, connection_id)

    def subscribers(self, target: str) -> list[Subscription]:
        """Query the target's partition, or all of its shards, consistently."""
        pages = self.client.get_paginator("query")
        found: list[Subscription] = []
        with unavailable_on_error("DynamoDB"):
            for partition in _partitions(target):
                for page in pages.paginate(
                    TableName=self.table,
                    KeyConditionExpression="target = :partition",
                    ExpressionAttributeValues={":partition": {"S": partition}},
                    ConsistentRead=True,
                ):
                    found += [subscription for row in page["Items"] if (subscription := subscription_from(row))]
        return found

    def _put(self, row: dict[str, Any]) -> None:
        with unavailable_on_error("DynamoDB"):
            self.client.put_item(TableName=self.table, Item=row)

    def _delete(self, target: str, connection_id: str) -> None:
        with unavailable_on_error("DynamoDB"):
            self.client.delete_item(TableName=self.table, Key=self._key(target, connection_id))

    @staticmethod
    def _key(target: str, connection_id: str) -> dict[str, Any]:
        return {"target": {"S": _partition(target, connection_id)}, "connectionId": {"S": connection_id}}

    def _connection(self, connection_id: str) -> dict[str, Any]:
        key = {"target": {"S": _CONNECTION + connection_id}, "connectionId": {"S": connection_id}}
        return {"TableName": self.table, "Key": key}

    def _subscription(self, subscription: Subscription) -> dict[str, Any]:
        row = self._row(
            _partition(subscription.target, subscription.connection_id),
            subscription.connection_id,
            subscription.caller,
        )
        # Renewing an identical row would give no stream record, and so no snapshot: hence the token.
        row |= {"afterSeq": {"N": str(subscription.after_seq)}, "renewal": {"S": uuid4().hex}}
        if subscription.connected_at is not None:
            row["connectedAt"] = {"S": format_timestamp(subscription.connected_at)}
        if subscription.request_id is not None:
            row["requestId"] = {"S": subscription.request_id}
        return row

    def _row(self, partition: str, connection_id: str, caller: Caller) -> dict[str, Any]:
        return caller_attributes(caller) | {
            "target": {"S": partition},
            "connectionId": {"S": connection_id},
            "expiresAt": {"N": str(int(self.clock.now().timestamp()) + ROW_LIFETIME)},
        }


def subscription_from(row: Any) -> Subscription | None:
    """Return the subscription of a row or stream image; None for a connection's own row."""
    if "afterSeq" not in row:
        return None
    partition = row["target"]["S"]
    return Subscription(
        target=ALL if partition.startswith(ALL + _SHARD) else partition,
        connection_id=row["connectionId"]["S"],
        after_seq=int(row["afterSeq"]["N"]),
        caller=caller_in(row),
        connected_at=parse_timestamp(row["connectedAt"]["S"]) if "connectedAt" in row else None,
        request_id=row["requestId"]["S"] if "requestId" in row else None,
    )


def _partition(target: str, connection_id: str) -> str:
    """Return the partition key of one connection's subscription to the target."""
    return f"{ALL}{_SHARD}{crc32(connection_id.encode()) % ALL_SHARDS}" if target == ALL else target


def _partitions(target: str) -> list[str]:
    """Return every partition that holds the target's subscriptions."""
    return [f"{ALL}{_SHARD}{shard}" for shard in range(ALL_SHARDS)] if target == ALL else [target]
