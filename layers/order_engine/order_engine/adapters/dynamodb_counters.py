"""The counters table: a few small items that are counted up or replaced, apart from the orders and their stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from order_engine.adapters.aws import answering

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

ORDERS_BY_STATUS = "ordersByStatus"


@dataclass(frozen=True, slots=True)
class DynamoDBStatusCounts:
    """`StatusCounts` as one item."""

    client: DynamoDBClient
    table: str

    def publish(self, counts: Mapping[str, int]) -> None:
        """Replace the item."""
        item = {status: {"N": str(count)} for status, count in counts.items()}
        with answering("DynamoDB"):
            self.client.put_item(
                TableName=self.table,
                Item={"counter": {"S": ORDERS_BY_STATUS}, "counts": {"M": item}},
            )

    def read(self) -> dict[str, int]:
        """Return the counts as last published; empty before the first order."""
        with answering("DynamoDB"):
            answer = self.client.get_item(TableName=self.table, Key={"counter": {"S": ORDERS_BY_STATUS}})
        counts = answer.get("Item", {}).get("counts", {}).get("M", {})
        return {status: int(count["N"]) for status, count in counts.items()}
