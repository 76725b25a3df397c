"""Looks at the dead letters every minute and closes their orders; the letters stay for a person to look at."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from order_engine import bootstrap
from order_engine.adapters.process import LambdaDeadline
from order_engine.application.ports import DeadLetter
from order_engine.contracts.queue import WakeUp
from order_engine.domain.errors import DependencyUnavailable, OrderEngineError

logger = Logger()

RESERVE = 5.0
"""Seconds left when the run stops reading; letters that remain are read by the next run."""


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Read each visible letter once, close what can be closed, and make them all visible again."""
    deadline = LambdaDeadline(context)
    letters: list[DeadLetter] = []
    closed = 0
    for letter in bootstrap.dead_letters().read():
        letters.append(letter)
        closed += _close(letter)
        if deadline.remaining() < RESERVE:
            break
    for letter in letters:
        with suppress(DependencyUnavailable):  # then it is seen again by itself, only later
            bootstrap.dead_letters().put_back(letter)
    logger.info("dead letters", extra={"letters": len(letters), "closed": closed})
    return {"letters": len(letters), "closed": closed}


def _close(letter: DeadLetter) -> bool:
    """Close one letter's order if there is evidence for an end. One bad letter does not stop the others."""
    try:
        wake_up = WakeUp.model_validate_json(letter.body)
        order = bootstrap.dead_letter_closing().close(str(wake_up.order_id))
    except (ValidationError, OrderEngineError) as error:
        logger.error("dead letter without an order to close", extra={"body": letter.body[:500], "reason": str(error)})
        return False
    except Exception:  # what made the letter a dead one may well be here again, and must not keep the others waiting
        logger.exception("dead letter that can't be closed", extra={"body": letter.body[:500]})
        return False
    logger.warning("dead letter", extra={"order_id": order.id, "status": order.status})
    return order.status.terminal
