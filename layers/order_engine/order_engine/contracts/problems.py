"""Every error as a problem detail (RFC 9457), and the one place that gives errors their HTTP status."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from order_engine.contracts.json_body import BodyTooLarge, MalformedJson, UnsupportedMediaType
from order_engine.domain.errors import (
    DependencyUnavailable,
    FieldError,
    IdempotencyConflict,
    InvalidOrder,
    MalformedOrderId,
    NotConnected,
    OrderNotFound,
    RateLimited,
    TooLateToCancel,
    TooManySubscriptions,
)

CONTENT_TYPE = "application/problem+json"
MOST_ERRORS = 20
"""More field errors than these are not told: the answer has to fit into a WebSocket frame, and nobody reads on."""

Problem = dict[str, Any]

_STATUS: dict[type[Exception], HTTPStatus] = {
    MalformedOrderId: HTTPStatus.BAD_REQUEST,
    InvalidOrder: HTTPStatus.UNPROCESSABLE_ENTITY,
    OrderNotFound: HTTPStatus.NOT_FOUND,
    IdempotencyConflict: HTTPStatus.CONFLICT,
    TooLateToCancel: HTTPStatus.CONFLICT,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    TooManySubscriptions: HTTPStatus.TOO_MANY_REQUESTS,
    NotConnected: HTTPStatus.CONFLICT,
    DependencyUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    MalformedJson: HTTPStatus.BAD_REQUEST,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
}

_PUBLIC_DETAIL: dict[type[Exception], str] = {
    InvalidOrder: "The order was not accepted, as some of its fields are not right.",
    DependencyUnavailable: "A service that is needed for this did not answer. Please try again.",
}
"""Where the exception's own text is for the logs, or repeats the list of field errors."""


def problem(status: HTTPStatus, code: str, detail: str, errors: Sequence[FieldError] = ()) -> Problem:
    """Return a problem detail. `code` is stable, `detail` is for people."""
    body: Problem = {
        "type": f"urn:order-engine:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "code": code,
        "detail": detail,
    }
    if errors:
        body["errors"] = [
            {"field": one.field, "code": one.code, "message": one.message} for one in errors[:MOST_ERRORS]
        ]
    return {"success": False, **body}


def problem_of(error: Exception) -> Problem:
    """Return the problem detail of an error. An error that nobody foresaw says nothing about itself."""
    for kind, status in _STATUS.items():
        if isinstance(error, kind):
            code = getattr(error, "code", "internal_error")
            detail = _PUBLIC_DETAIL.get(kind, str(error))
            return problem(status, code, detail, getattr(error, "errors", ()))
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "Something went wrong on our side.")
