"""The errors of the client. Each has a `next_step`: what to do about it.

OrdersError
├── ApiError               the API said no; `problem` has its code, its words and the faulty fields
│   ├── InvalidRequest     400, 413, 415, 422: correct it
│   ├── Unauthenticated    401: not signed in, or no longer
│   ├── NotAllowed         403: signed in, but this takes more
│   ├── NotFound           404
│   ├── Conflict           409: it is too late, or the key is taken
│   ├── RateLimited        429: too many requests or subscriptions
│   └── ServerFault        5xx that no retry changed
├── Unavailable            no retry got an answer, other than that the service is unavailable
├── UnexpectedAnswer       an answer that this client can't decode
├── SignInFailed           the sign-in authority refused, nobody signed in in time, or the kept tokens can't be used
├── InsecureAddress        neither encrypted nor on this machine: nothing secret was sent there
├── NotConfirmed           an order without a receipt, as it has not been executed
└── StreamClosed           the stream was closed while somebody waited
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from orders_client.problem_codes import STATUS_BY_CODE


class OrdersError(Exception):
    """Base of all errors of this client."""

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.next_step = next_step


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a request: its name on the wire, a stable code, and words for people."""

    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as the API tells it: a problem detail (RFC 9457), or an `error` message of the stream.

    Args:
        status: the HTTP status; for the stream, the one that the same code has over HTTP, else 0.
        code: stable, machine-readable.
        request_id: the id that the engine's logs have.
        retry_after: seconds after which another try makes sense, where the API says so.
    """

    status: int
    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    request_id: str | None = None
    retry_after: float | None = None


class ApiError(OrdersError):
    """The API refused."""

    def __init__(self, problem: Problem, next_step: str = "") -> None:
        super().__init__(problem.detail, next_step or _NEXT_STEPS.get(problem.code) or _next_step(problem))
        self.problem = problem

    @property
    def code(self) -> str:
        """The API's stable code, such as ``too_late_to_cancel``."""
        return self.problem.code


class InvalidRequest(ApiError):
    """The request is malformed or fails validation."""


class Unauthenticated(ApiError):
    """There is no valid access token: none was given, it has expired, or the engine does not accept it."""


class NotAllowed(ApiError):
    """The access token is valid, but lacks a scope, or the request is about somebody else."""


class NotFound(ApiError):
    """There is no such thing, or not for this caller."""


class Conflict(ApiError):
    """The order, or the idempotency key, is in a state that rules the request out."""


class RateLimited(ApiError):
    """Too many requests in a minute, or subscriptions on a connection."""


class ServerFault(ApiError):
    """The server failed."""


class Unavailable(OrdersError):
    """No attempt got an answer, other than that the service is unavailable."""


class UnexpectedAnswer(OrdersError):
    """The answer can't be decoded."""


class SignInFailed(OrdersError):
    """Signing in failed, or what is kept of it can't be used.

    `code` is the authority's (RFC 6749, 5.2), such as ``invalid_grant``, or empty.
    """

    def __init__(self, message: str, next_step: str = "", code: str = "") -> None:
        super().__init__(message, next_step)
        self.code = code


class InsecureAddress(OrdersError):
    """A password, token or ticket would have been sent in plain text to another machine."""


class NotConfirmed(OrdersError):
    """The order is not confirmed, so it has no receipt."""


class StreamClosed(OrdersError):
    """The stream was closed."""


_UNKNOWN = "unknown"
"""The code of an error that has none."""

_KINDS: dict[int, type[ApiError]] = {
    401: Unauthenticated,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
}

_GATEWAY_REFUSALS = {
    401: ("unauthenticated", "This takes a valid access token."),
    403: ("forbidden", "The access token does not allow this."),
}
"""Code and words for what API Gateway refuses by itself: its body is only a message such as ``Unauthorized``."""

_SIGN_IN = "Sign in first: orders login. In a program, give a valid token."
_MORE_SCOPES = "See what your token allows: orders whoami. An administrator can give you more."

_NEXT_STEPS = {
    "gateway_error": "Try again in a while.",
    "invalid_order_id": "An order id is the UUID that placing the order returned.",
    "unauthenticated": _SIGN_IN,
    "token_expired": "Sign in again: orders login. In a program, give a new token.",
    "insufficient_scope": _MORE_SCOPES,
    "forbidden": _MORE_SCOPES,
    "user_id_mismatch": "Leave the user out: what you send is yours. Only administrators may name somebody else.",
    "stream_refused": "The token may be missing, expired or without the scope orders/read. Sign in: orders login.",
    "order_not_found": "Check the id, and that the order was placed on this stage and by the same user.",
    "idempotency_conflict": "Use a new key for a new order; to repeat the old one, send exactly what was sent then.",
    "too_late_to_cancel": "Its transaction is signed or it has ended: follow the order to see how.",
    "too_many_subscriptions": "Subscribe to the channel `user` or `all` instead of to each order.",
}


def _next_step(problem: Problem) -> str:
    if problem.errors:
        return "Correct the fields that are named and send it again."
    if problem.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return _SIGN_IN if problem.status == HTTPStatus.UNAUTHORIZED else _MORE_SCOPES
    if problem.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = f"Wait {problem.retry_after:g} s" if problem.retry_after else "Wait a little"
        return f"{wait} and send less at once."
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"Report it, with the request id {problem.request_id}." if problem.request_id else "Report it."
    if problem.code == _UNKNOWN:
        return "Check the address (--url, ORDERS_URL): an order engine would have said more."
    return "Check the request against the API's description."


def api_error(problem: Problem) -> ApiError:
    """Return the exception for a problem."""
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerFault(problem)
    return _KINDS.get(problem.status, InvalidRequest)(problem)


def problem_from(
    body: Mapping[str, Any],
    status: int | None = None,
    request_id: str | None = None,
    retry_after: float | None = None,
) -> Problem:
    """Read a problem detail or an `error` message.

    Gateways in front of the API say no more than `message`, hence the fallbacks.
    """
    code = str(body.get("code") or _UNKNOWN)
    detail = body.get("detail") or body.get("message") or body.get("title") or "The API gave no reason."
    if code == _UNKNOWN and status in _GATEWAY_REFUSALS:
        code, detail = _GATEWAY_REFUSALS[status]
    faults = (fault for fault in body.get("errors") or () if isinstance(fault, Mapping))
    return Problem(
        status=STATUS_BY_CODE.get(code, 0) if status is None else status,
        code=code,
        detail=str(detail),
        errors=tuple(
            FieldError(str(fault.get("field", "")), str(fault.get("code", "")), str(fault.get("message", "")))
            for fault in faults
        ),
        request_id=request_id,
        retry_after=retry_after,
    )
