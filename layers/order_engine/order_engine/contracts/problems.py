"""Every error as a problem detail (RFC 9457), and the one table that gives codes their HTTP status.

The HTTP API, the WebSocket API, the documents and the client's tests all take code and status from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from order_engine.domain.errors import FieldError, OrderEngineError

if TYPE_CHECKING:
    from order_engine.contracts.answers import Problem

CONTENT_TYPE = "application/problem+json"
INTERNAL_ERROR = "internal_error"
MOST_ERRORS = 20
"""More field errors than these are not listed: the answer has to fit into a WebSocket frame, and nobody reads on."""

STATUS_BY_CODE: Mapping[str, HTTPStatus] = {
    "invalid_json": HTTPStatus.BAD_REQUEST,
    "duplicate_key": HTTPStatus.BAD_REQUEST,
    "not_an_object": HTTPStatus.BAD_REQUEST,
    "invalid_order_id": HTTPStatus.BAD_REQUEST,
    "unknown_action": HTTPStatus.BAD_REQUEST,
    "unauthenticated": HTTPStatus.UNAUTHORIZED,
    "token_expired": HTTPStatus.UNAUTHORIZED,
    "insufficient_scope": HTTPStatus.FORBIDDEN,
    "user_id_mismatch": HTTPStatus.FORBIDDEN,
    "order_not_found": HTTPStatus.NOT_FOUND,
    "route_not_found": HTTPStatus.NOT_FOUND,
    "not_found": HTTPStatus.NOT_FOUND,
    "method_not_allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "idempotency_conflict": HTTPStatus.CONFLICT,
    "too_late_to_cancel": HTTPStatus.CONFLICT,
    "not_connected": HTTPStatus.CONFLICT,
    "body_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unsupported_media_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "validation_failed": HTTPStatus.UNPROCESSABLE_ENTITY,
    "rate_limited": HTTPStatus.TOO_MANY_REQUESTS,
    "too_many_subscriptions": HTTPStatus.TOO_MANY_REQUESTS,
    INTERNAL_ERROR: HTTPStatus.INTERNAL_SERVER_ERROR,
    "service_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Every code that a client may be told. An error whose code is not here says nothing about itself."""

ONLY_HTTP = frozenset(
    {"invalid_order_id", "route_not_found", "not_found", "method_not_allowed", "unsupported_media_type"}
)
ONLY_WEBSOCKET = frozenset({"unknown_action", "not_connected", "too_many_subscriptions"})

FIELD_CODES = (
    "missing_field",
    "unknown_field",
    "invalid_type",
    "invalid_value",
    "unsupported_value",
    "unknown_token",
    "same_token",
    "invalid_amount",
    "amount_not_positive",
    "amount_too_large",
    "too_many_decimals",
    "invalid_slippage",
    "invalid_order_id",
    "invalid_cursor",
    "invalid_idempotency_key",
    "idempotency_key_mismatch",
    "ambiguous_target",
    "not_allowed",
)
"""Every code that a field error may have."""

_PUBLIC_DETAIL = {
    "validation_failed": "The order was not accepted, as some of its fields are not right.",
    "service_unavailable": "A service that is needed for this did not answer. Please try again.",
}
"""Where the exception's own text is for the logs, or repeats the list of field errors."""


class UnknownAction(OrderEngineError):
    """A WebSocket frame asks for something that there is not."""

    code = "unknown_action"

    def __init__(self, actions: Sequence[str]) -> None:
        super().__init__(f"`action` must be one of {', '.join(actions)}.")


def problem(code: str, detail: str, errors: Sequence[FieldError] = ()) -> Problem:
    """Return a problem detail. `code` is stable and decides the status, `detail` is for people."""
    status = STATUS_BY_CODE[code]
    body: Problem = {
        "success": False,
        "type": f"urn:order-engine:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "code": code,
        "detail": detail,
    }
    if errors:
        body["errors"] = [
            {"field": error.field, "code": error.code, "message": error.message} for error in errors[:MOST_ERRORS]
        ]
    return body


def problem_of(error: Exception) -> Problem:
    """Return the problem detail of an error. An error that was not foreseen says nothing about itself."""
    if isinstance(error, OrderEngineError) and error.code in STATUS_BY_CODE.keys() - {INTERNAL_ERROR}:
        detail = _PUBLIC_DETAIL.get(error.code, str(error))
        return problem(error.code, detail, getattr(error, "errors", ()))
    return problem(INTERNAL_ERROR, "Something went wrong on our side.")
