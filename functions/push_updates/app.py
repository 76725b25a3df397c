"""Joins the two streams: order events go to their subscribers, new subscribers get what happened before."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from settings import PushUpdatesSettings

from order_engine.entrypoints.deployed import Deployed
from order_engine.entrypoints.stream_records import new_subscriptions, order_images
from order_engine.entrypoints.telemetry import function_logger

logger = function_logger()
deployed = Deployed(PushUpdatesSettings)


def handler(event: dict[str, Any], _context: LambdaContext) -> None:
    """Push one batch of either stream. An exception makes the batch come again, which clients don't notice."""
    images, subscriptions = order_images(event), new_subscriptions(event)
    deployed.engine.pusher.push(images, subscriptions)
    logger.info("pushed", extra={"order_images": len(images), "new_subscriptions": len(subscriptions)})
