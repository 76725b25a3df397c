"""What the handlers take from a request."""

from __future__ import annotations

import re
from typing import Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from order_engine.contracts.json_body import MalformedJson, read_object, require_json
from order_engine.domain.errors import FieldError, InvalidOrder

_PRINTABLE = re.compile(r"[\x20-\x7e]{1,128}")


def body_object(event: APIGatewayProxyEventV2) -> dict[str, Any]:
    """Return the JSON object in the request's body.

    Raises:
        UnsupportedMediaType: the headers say that it is something else.
        MalformedJson: it is no JSON object.
    """
    require_json(
        event.headers.get("content-type", "application/json"), event.headers.get("content-encoding", "identity")
    )
    try:
        return read_object(event.decoded_body or "")
    except UnicodeDecodeError as error:
        raise MalformedJson("invalid_json", "The body must be UTF-8 text.") from error


def idempotency_key(event: APIGatewayProxyEventV2) -> str | None:
    """Return the `Idempotency-Key` header. Raises `InvalidOrder` where it is empty or too long."""
    key: str | None = event.headers.get("idempotency-key")
    if key is not None and not _PRINTABLE.fullmatch(key):
        message = "must be 1 to 128 printable ASCII characters"
        raise InvalidOrder(FieldError("Idempotency-Key", "invalid_idempotency_key", message))
    return key


def request_id(event: APIGatewayProxyEventV2) -> str:
    """Return the caller's own `X-Request-Id` if it is usable, else the gateway's."""
    own = event.headers.get("x-request-id", "")
    return own if _PRINTABLE.fullmatch(own) else str(event.request_context.request_id)


def caller(event: APIGatewayProxyEventV2) -> str | None:
    """Return the authenticated user; None where authentication is off."""
    authorizer = event.raw_event.get("requestContext", {}).get("authorizer") or {}
    user: str | None = (authorizer.get("lambda") or {}).get("userId") or (
        (authorizer.get("jwt") or {}).get("claims") or {}
    ).get("sub")
    return user
