"""Decides who may open a WebSocket connection: whoever has a ticket, or sends an access token as bots can."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from settings import StreamAuthorizerSettings

from order_engine.application.errors import Unauthenticated
from order_engine.contracts.identity import context_of
from order_engine.entrypoints.deployed import Deployed
from order_engine.entrypoints.telemetry import function_logger

logger = function_logger()
deployed = Deployed(StreamAuthorizerSettings)


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer a `$connect` with a policy; one that allows it carries who the caller is.

    Neither a ticket nor a token is ever logged. An exception is a refusal too (401; the emulator says 500).
    """
    try:
        user = deployed.handshake_user(event)
    except Unauthenticated as refusal:
        logger.warning("connection refused", extra={"reason": str(refusal)})
        return _policy("Deny", event["methodArn"], "nobody", {})
    return _policy("Allow", event["methodArn"], user.user_id, context_of(user))


def _policy(effect: str, method: str, principal: str, context: dict[str, str]) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": method}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": principal, "policyDocument": document, "context": context}
