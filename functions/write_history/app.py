"""Folds the order stream into Postgres; and the pages of the order table that `orders rebuild-history` sends."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from order_engine import bootstrap
from order_engine.adapters.order_items import from_item
from order_engine.application.record_history import record_history, recount_history

logger = Logger()

RECOUNT = {"recount": True}
"""What ends a rebuild."""


def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Record one batch. An exception has the batch come again, which changes nothing that was written."""
    if event == RECOUNT:
        recount_history(bootstrap.history(), bootstrap.status_counts())
        return
    images = [record["dynamodb"]["NewImage"] for record in event["Records"] if "NewImage" in record["dynamodb"]]
    orders = record_history(bootstrap.history(), bootstrap.status_counts(), [from_item(image) for image in images])
    logger.info("recorded", extra={"order_images": len(images), "orders": orders})
