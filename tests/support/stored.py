"""Read what is stored and queued without the API, and disable event sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from local.cloud import LocalCloud
from order_engine.adapters.dynamodb.order_items import OrderItems
from order_engine.adapters.dynamodb.orders import DynamoDBOrderStore
from order_engine.contracts.events import JsonEventCodec
from order_engine.contracts.views import order_view
from order_engine.domain.events import Status
from tests.support.orders import after

ITEMS = OrderItems(JsonEventCodec())
"""Reads and writes the items of the order table as the engine does."""


def stored_order(cloud: LocalCloud, order_id: str) -> dict[str, Any]:
    """Return an order as the API would show it, from the item itself."""
    answer = cloud.session.client("dynamodb").get_item(
        TableName=cloud.outputs["OrdersTableName"], Key={"orderId": {"S": order_id}}, ConsistentRead=True
    )
    return {**order_view(ITEMS.from_item(answer["Item"]))}


def stored_events(cloud: LocalCloud, order_id: str) -> list[dict[str, Any]]:
    """Return an order's events from the item itself."""
    events: list[dict[str, Any]] = stored_order(cloud, order_id)["events"]
    return events


def scan(cloud: LocalCloud, table_output: str) -> list[dict[str, Any]]:
    """Return every item of a table."""
    pages = cloud.session.client("dynamodb").get_paginator("scan")
    return [
        item
        for page in pages.paginate(TableName=cloud.outputs[table_output], ConsistentRead=True)
        for item in page["Items"]
    ]


def open_orders(cloud: LocalCloud) -> int:
    """Return how many orders have not ended."""
    index = {"TableName": cloud.outputs["OrdersTableName"], "IndexName": "open", "Select": "COUNT"}
    return int(cloud.session.client("dynamodb").scan(**index)["Count"])


def landed_swaps(cloud: LocalCloud, order_id: str) -> int:
    """Return how often an order was swapped on the chain."""
    return sum(
        item["orderId"]["S"] == order_id and item["outcome"]["S"] == "landed" for item in scan(cloud, "ChainTableName")
    )


def queue_length(cloud: LocalCloud, queue_output: str) -> int:
    """Return how many messages a queue holds, visible or not."""
    attributes = cloud.session.client("sqs").get_queue_attributes(
        QueueUrl=cloud.outputs[queue_output],
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    return sum(map(int, attributes.values()))


def peek(cloud: LocalCloud, queue_output: str) -> list[Any]:
    """Return up to ten messages of a queue and leave them there; stop its consumer before."""
    messages: list[Any] = cloud.session.client("sqs").receive_message(
        QueueUrl=cloud.outputs[queue_output],
        MaxNumberOfMessages=10,
        VisibilityTimeout=0,
        MessageSystemAttributeNames=["MessageGroupId"],
    )["Messages"]
    return messages


@contextmanager
def stopped(cloud: LocalCloud, function_output: str) -> Iterator[None]:
    """Disable the event sources of a function for a while."""
    client = cloud.session.client("lambda")
    mappings = client.list_event_source_mappings(FunctionName=cloud.outputs[function_output])["EventSourceMappings"]
    with disabled(cloud, [mapping["UUID"] for mapping in mappings]):
        yield


@contextmanager
def disabled(cloud: LocalCloud, mappings: Sequence[str]) -> Iterator[None]:
    """Disable these event source mappings for a while."""
    client = cloud.session.client("lambda")
    try:
        for mapping in mappings:
            client.update_event_source_mapping(UUID=mapping, Enabled=False)
        yield
    finally:
        for mapping in mappings:
            client.update_event_source_mapping(UUID=mapping, Enabled=True)


def append_step(cloud: LocalCloud, order_id: str, status: str) -> None:
    """Take an order a step further by hand, as a worker would; for tests that need it to stay there."""
    store = DynamoDBOrderStore(cloud.session.client("dynamodb"), cloud.outputs["OrdersTableName"], ITEMS)
    store.append(after(store.load(order_id), Status(status)))
