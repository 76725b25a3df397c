"""Folds the order stream into Postgres; and the pages of the order table that `orders-admin rebuild-history` sends."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from settings import WriteHistorySettings

from order_engine.application.ports.dependencies import RECOUNT
from order_engine.entrypoints.deployed import Deployed
from order_engine.entrypoints.stream_records import order_images
from order_engine.entrypoints.telemetry import function_logger

logger = function_logger()
deployed = Deployed(WriteHistorySettings)


def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Record one batch. An exception makes the batch come again, which changes nothing that was written."""
    if event == RECOUNT:
        deployed.engine.recount_history()
        return
    images = order_images(event)
    orders = deployed.engine.record_history(images)
    logger.info("recorded", extra={"order_images": len(images), "orders": orders})
