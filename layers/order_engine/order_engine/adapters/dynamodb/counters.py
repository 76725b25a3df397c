"""The counters table: small items that are counted up or replaced, apart from the orders and their stream."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from order_engine.adapters.aws import ConditionFailed, conditional_write, unavailable_on_error
from order_engine.application.errors import RateLimited
from order_engine.application.ports import RATE_WINDOW, Allowance, Clock, StatusCounts

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

ORDERS_BY_STATUS = "ordersByStatus"


@dataclass(frozen=True, slots=True)
class DynamoDBPublishedCounts:
    """`PublishedCounts` as one item."""

    client: DynamoDBClient
    table: str

    def publish(self, counts: StatusCounts) -> None:
        """Replace the item, unless later ones are there: batches of two stream shards may end in any order."""
        numbers = {status: {"N": str(count)} for status, count in counts.orders.items()}
        counted_at = {"N": str(counts.counted_at)}
        with suppress(ConditionFailed):
            conditional_write(
                self.client.put_item,
                TableName=self.table,
                Item={"counter": {"S": ORDERS_BY_STATUS}, "counts": {"M": numbers}, "takenAt": counted_at},
                ConditionExpression="attribute_not_exists(takenAt) OR takenAt < :takenAt",
                ExpressionAttributeValues={":takenAt": counted_at},
            )

    def read(self) -> dict[str, int]:
        """Return the counts as last published; empty before the first order."""
        with unavailable_on_error("DynamoDB"):
            answer = self.client.get_item(TableName=self.table, Key={"counter": {"S": ORDERS_BY_STATUS}})
        counts = answer.get("Item", {}).get("counts", {}).get("M", {})
        return {status: int(count["N"]) for status, count in counts.items()}


@dataclass(frozen=True, slots=True)
class DynamoDBRateLimiter:
    """`RateLimiter` with one atomic counter for each user and minute.

    Args:
        limit: orders a minute, at least 1.
    """

    client: DynamoDBClient
    table: str
    clock: Clock
    limit: int

    def admit(self, user_id: str) -> Allowance:
        """Count one order, unless the window is full: one conditional write, which decides and counts at once."""
        now = int(self.clock.now().timestamp())
        window = now // RATE_WINDOW
        resets_in = (window + 1) * RATE_WINDOW - now
        try:
            answer = conditional_write(
                self.client.update_item,
                TableName=self.table,
                Key={"counter": {"S": f"orders#{window}#{user_id}"}},
                UpdateExpression="ADD orders :one SET expiresAt = :end",
                ConditionExpression="attribute_not_exists(orders) OR orders < :limit",
                ExpressionAttributeValues={
                    ":one": {"N": "1"},
                    ":limit": {"N": str(self.limit)},
                    ":end": {"N": str((window + 2) * RATE_WINDOW)},
                },
                ReturnValues="UPDATED_NEW",
            )
        except ConditionFailed as refused:
            raise RateLimited(self.limit, resets_in) from refused
        return Allowance(self.limit, self.limit - int(answer["Attributes"]["orders"]["N"]), resets_in)
