"""Reads the dead letters every minute and closes their orders; the letters stay for a person to look at."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from settings import CloseDeadLettersSettings

from order_engine.application.close_dead_letters import LetterResult
from order_engine.domain.errors import OrderEngineError
from order_engine.entrypoints.deadline import LambdaDeadline
from order_engine.entrypoints.deployed import Deployed
from order_engine.entrypoints.telemetry import function_logger

logger = function_logger()
deployed = Deployed(CloseDeadLettersSettings)


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Close the orders of all visible letters, as far as there is evidence for an end."""
    counts = {"letters": 0, "closed": 0}
    for result in deployed.engine.dead_letter_closing.run(LambdaDeadline(context)):
        _log(result)
        counts["letters"] += 1
        counts["closed"] += result.closed
    logger.info("dead letters", extra=counts)
    return counts


def _log(result: LetterResult) -> None:
    letter, body = result.letter, {"body": result.letter.body[:500]}
    if result.order is None and (result.failure is None or isinstance(result.failure, OrderEngineError)):
        reason = letter.unreadable or str(result.failure)
        logger.error("dead letter without an order to close", extra={**body, "reason": reason})
    elif result.order is None:
        logger.error("dead letter that can't be closed", exc_info=result.failure, extra=body)
    else:
        logger.warning("dead letter", extra={"order_id": result.order.id, "status": result.order.status})
