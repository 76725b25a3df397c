"""Puts overdue orders on the queue again, every minute."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from order_engine import bootstrap
from order_engine.adapters.process import LambdaDeadline
from order_engine.application.sweep_orders import sweep_orders

logger = Logger()


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Sweep once."""
    swept = sweep_orders(bootstrap.orders(), bootstrap.queue(), bootstrap.clock(), LambdaDeadline(context))
    logger.info("sweep", extra={"swept": swept})
    return {"swept": swept}
