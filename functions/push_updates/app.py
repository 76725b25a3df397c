"""Joins the two streams: order events go to those who listen, new listeners get what happened before."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from order_engine import bootstrap
from order_engine.adapters.dynamodb_subscriptions import from_row
from order_engine.adapters.order_items import from_item

logger = Logger()


def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Push one batch of either stream. An exception has the batch come again, which clients don't notice."""
    images = [record["dynamodb"]["NewImage"] for record in event["Records"] if "NewImage" in record["dynamodb"]]
    orders = [from_item(image) for image in images if "orderId" in image]
    newcomers = [row for image in images if "target" in image and (row := from_row(image)) is not None]
    pusher = bootstrap.update_pusher()
    if orders:
        pusher.push_events(orders)
    if newcomers:
        pusher.welcome(newcomers)
    logger.info("pushed", extra={"order_images": len(orders), "newcomers": len(newcomers)})
