"""Decides who may open a WebSocket connection: whoever has a ticket, or sends an access token as bots can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from settings import StreamAuthorizerSettings

from order_engine.application.errors import Unauthenticated
from order_engine.application.identity import Caller, User, valid_user
from order_engine.contracts.identity import context_of, user_from_claims
from order_engine.entrypoints.deployed import Deployed
from order_engine.entrypoints.telemetry import function_logger

logger = function_logger()
deployed = Deployed(StreamAuthorizerSettings)


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer a `$connect` with a policy; one that allows it carries who the caller is.

    Neither a ticket nor a token is ever logged. An exception is a refusal too (401; the emulator says 500).
    """
    try:
        user = valid_user(_identify(event), deployed.ports.clock.now())
    except Unauthenticated as refusal:
        logger.warning("connection refused", extra={"reason": str(refusal)})
        return _policy("Deny", event["methodArn"], "nobody", {})
    return _policy("Allow", event["methodArn"], user.user_id, context_of(user))


def _identify(event: Mapping[str, Any]) -> Caller:
    """Return who shows a ticket or a token; both at once are refused, as they may be two people's."""
    ticket = (event.get("queryStringParameters") or {}).get("ticket")
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    token = headers.get("authorization")
    if ticket and token is None:
        return deployed.engine.stream_tickets.redeem(ticket)
    if token and ticket is None:
        return _bearer(token)
    raise Unauthenticated("A connection needs a ticket or an access token, one of the two.")


def _bearer(header: str) -> User:
    """Return whose token a header has (RFC 6750, 2.1)."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("The Authorization header must be: Bearer, a space, the access token.")
    return user_from_claims(deployed.ports.token_verifier.verify(token.strip()), deployed.settings.auth_mode)


def _policy(effect: str, method: str, principal: str, context: dict[str, str]) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": method}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": principal, "policyDocument": document, "context": context}
