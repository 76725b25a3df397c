"""Send HTTP requests with retries, and raise what the API refuses as exceptions."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from orders_client.backoff import Backoff
from orders_client.errors import OrdersError, Problem, Unavailable, UnexpectedAnswer, api_error, problem_from

_RETRYABLE_STATUSES = frozenset({429, 500, 502, 503, 504})
"""API Gateway's own 500 says that a function crashed, and its 503 that it timed out: both may pass."""

_CHECK_ADDRESS = "Check the address (--url, ORDERS_URL) and that the engine runs there; locally: make run."


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how long to retry.

    Every request of this client may be sent again: orders carry an idempotency key, the rest is idempotent by itself.

    Args:
        attempts: tries in all.
        backoff: the waits between them, where the API names none.
        longest_wait: seconds; where the API asks for more (`Retry-After`), its refusal is raised instead.
        sleep: waits for a number of seconds.
    """

    attempts: int = 5
    backoff: Backoff = field(default_factory=Backoff)
    longest_wait: float = 60.0
    sleep: Callable[[float], None] = time.sleep


def is_success(answer: httpx.Response) -> bool:
    """Whether the status is 2xx."""
    return answer.is_success


def send_with_retries(
    http: httpx.Client,
    retries: Retries,
    request: httpx.Request,
    accept: Callable[[httpx.Response], bool] = is_success,
) -> httpx.Response:
    """Send a request, retry it where that can help, and return the answer.

    Args:
        accept: whether an answer is returned; another one is raised, or retried.

    Raises:
        ApiError: the API refused.
        Unavailable: no attempt got an answer, other than that the service is unavailable.
    """
    for failures in range(1, retries.attempts + 1):
        error: Exception
        wait = retries.backoff.delay(failures)
        try:
            answer = http.send(request)
        except httpx.UnsupportedProtocol as no_address:
            raise OrdersError(
                f"{str(request.url)!r} is no address.", "It begins with http:// or https://."
            ) from no_address
        except httpx.TransportError as no_answer:
            error = Unavailable(f"{request.url.host} does not answer: {no_answer}", _CHECK_ADDRESS)
            error.__cause__ = no_answer
        else:
            if accept(answer):
                return answer
            problem = problem_of(answer)
            error = _error(problem)
            if answer.status_code not in _RETRYABLE_STATUSES or (problem.retry_after or 0) > retries.longest_wait:
                raise error
            wait = max(wait, problem.retry_after or 0)
        if failures < retries.attempts:
            retries.sleep(wait)
    raise error


def problem_of(answer: httpx.Response) -> Problem:
    """Read the problem in an answer; one of a gateway or proxy has less to say."""
    try:
        body = answer.json()
    except ValueError:
        body = {}
    if not isinstance(body, Mapping):
        body = {}
    return problem_from(
        body or {"message": f"{answer.status_code} {answer.reason_phrase}"},
        answer.status_code,
        answer.headers.get("x-request-id"),
        retry_after(answer.headers.get("retry-after")),
    )


def retry_after(header: str | None) -> float | None:
    """Read `Retry-After`: seconds, or a moment (RFC 9110, 10.2.3). None where it can't be read."""
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def json_of(answer: httpx.Response) -> dict[str, Any]:
    """Return the JSON object of an answer. Raises `UnexpectedAnswer` where there is none."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise UnexpectedAnswer(f"{answer.url} answered, but not as an order engine does.", _CHECK_ADDRESS)
    return body


def _error(problem: Problem) -> Exception:
    if problem.status in (502, 503, 504):
        return Unavailable(problem.detail, "Try again in a while; the same request twice still is one order.")
    return api_error(problem)
