"""What the records of the tables' streams say: orders and subscriptions that were written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from order_engine.adapters.dynamodb.order_items import OrderItems
from order_engine.adapters.dynamodb.subscriptions import subscription_from
from order_engine.application.ports import Subscription
from order_engine.contracts.events import JsonEventCodec
from order_engine.domain.order import Order

_ITEMS = OrderItems(JsonEventCodec())


def order_images(event: Mapping[str, Any]) -> list[Order]:
    """Return the orders of a stream batch, each as it was right after its write; deletions have none."""
    return [_ITEMS.from_item(image) for image in _images(event) if "orderId" in image]


def new_subscriptions(event: Mapping[str, Any]) -> list[Subscription]:
    """Return the subscriptions of a stream batch; the rows of connections themselves are none."""
    rows = (image for image in _images(event) if "target" in image)
    return [subscription for row in rows if (subscription := subscription_from(row)) is not None]


def _images(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [record["dynamodb"]["NewImage"] for record in event["Records"] if "NewImage" in record["dynamodb"]]
