"""Rebuilding the history in Postgres from the order table, for operators.

The pages of the order table go to the very function that writes the history from the table's stream, in the shape of
that stream. So nobody but that function needs to reach Postgres, and what is there already or newer stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from orders_client.cli.stack import aws, find_stack
from orders_client.errors import OrdersError

PAGE = 100
"""Orders in one call: as many as in a batch of the stream. A page of a scan is 1 MB at most, a call may have 6 MB."""

NEXT_STEP = "See the log of write_history, then run this again: what is recorded already stays as it is."

Item = dict[str, Any]


class NotRecorded(OrdersError):
    """The function that writes the history failed."""


class HistoryCopy(Protocol):
    """The order table of one stack, and the way into its history. Every call may raise `OrdersError`."""

    def estimate(self) -> int:
        """Return about how many orders there are."""

    def pages(self) -> Iterator[Sequence[Item]]:
        """Yield all orders, some at a time."""

    def record(self, page: Sequence[Item]) -> None:
        """Have orders recorded, all or none. Doing it again changes nothing. Raises `NotRecorded`."""

    def recount(self) -> None:
        """Have the numbers of orders by status counted anew. Raises `NotRecorded`."""


@dataclass(frozen=True, slots=True)
class LambdaHistoryCopy:
    """`HistoryCopy` by way of the function that writes the history."""

    dynamodb: Any
    functions: Any
    table: str
    function: str

    def estimate(self) -> int:
        """Return what DynamoDB counts every six hours or so."""
        with aws():
            return int(self.dynamodb.describe_table(TableName=self.table)["Table"]["ItemCount"])

    def pages(self) -> Iterator[Sequence[Item]]:
        """Scan the table."""
        scan = self.dynamodb.get_paginator("scan")
        with aws():
            for page in scan.paginate(TableName=self.table, Limit=PAGE, ConsistentRead=True):
                yield page["Items"]

    def record(self, page: Sequence[Item]) -> None:
        """Invoke the function with the orders as records of the stream."""
        self._invoke({"Records": [{"eventName": "MODIFY", "dynamodb": {"NewImage": item}} for item in page]})

    def recount(self) -> None:
        """Invoke the function with the word for it."""
        self._invoke({"recount": True})

    def _invoke(self, event: dict[str, Any]) -> None:
        with aws():
            answer = self.functions.invoke(FunctionName=self.function, Payload=json.dumps(event))
        if "FunctionError" in answer:
            message = json.loads(answer["Payload"].read()).get("errorMessage")
            raise NotRecorded(f"{self.function} failed: {message}", NEXT_STEP)


def history_copy_of(stack: str, url: str) -> HistoryCopy:
    """Return the `HistoryCopy` of the stack of the engine at `url`. Raises `OrdersError` where it is not found."""
    found = find_stack(stack, url)
    table, function = found.output("OrdersTableName"), found.output("WriteHistoryFunctionName")
    return LambdaHistoryCopy(found.client("dynamodb"), found.client("lambda"), table, function)
