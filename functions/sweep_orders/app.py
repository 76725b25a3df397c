"""Puts overdue orders on the queue again: every minute those whose turn it is, on demand all of them."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from settings import SweepOrdersSettings

from order_engine.entrypoints.deadline import LambdaDeadline
from order_engine.entrypoints.deployed import Deployed
from order_engine.entrypoints.telemetry import function_logger

logger = function_logger()
deployed = Deployed(SweepOrdersSettings)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Sweep once. ``{"all": true}``, which an operator sends, includes the orders whose turn it is not.

    Raises:
        ValueError: `all` is anything else.
    """
    out_of_turn = _asks_for_all(event)
    swept = deployed.engine.sweep_orders(LambdaDeadline(context), out_of_turn=out_of_turn)
    logger.info("sweep", extra={"swept": swept, "all": out_of_turn})
    return {"swept": swept}


def _asks_for_all(event: dict[str, Any]) -> bool:
    if event.get("all", True) is not True:
        raise ValueError(f'"all" can only be true, as in {{"all": true}}; this is {event["all"]!r}.')
    return "all" in event
