"""What can go wrong, with examples that the code makes that answers requests."""

from __future__ import annotations

from collections.abc import Callable

from order_engine.application.errors import (
    DependencyUnavailable,
    ForeignUserId,
    IdempotencyConflict,
    OrderNotFound,
    RateLimited,
    TooLateToCancel,
    Unauthenticated,
)
from order_engine.application.identity import ANYONE
from order_engine.contracts.answers import Problem
from order_engine.contracts.json_body import MAX_BODY_BYTES, parse_object, require_json
from order_engine.contracts.order_id import MalformedOrderId
from order_engine.contracts.order_list import parse_list_query
from order_engine.contracts.place_order import parse_order
from order_engine.contracts.problems import problem, problem_of
from order_engine.domain.order import Order


def _problem_of(call: Callable[[], object]) -> Problem:
    try:
        call()
    except Exception as error:
        return problem_of(error)
    raise AssertionError("an example of a problem is none")


_BAD_ORDER = {"tokenIn": "DOGE", "tokenOut": "USDC", "amountIn": "-1", "slippage": "5"}

UNREADABLE_BODY = (
    _problem_of(lambda: parse_object('{"tokenIn": "SOL",}')),
    _problem_of(lambda: parse_object('{"amountIn": "1", "amountIn": "2"}')),
    _problem_of(lambda: parse_object("[]")),
    _problem_of(lambda: parse_object(" " * (MAX_BODY_BYTES + 1))),
    _problem_of(lambda: require_json("text/plain", "identity")),
)
INVALID_ORDER = _problem_of(lambda: parse_order(_BAD_ORDER).to_command(ANYONE, "0.01"))
INVALID_QUERY = _problem_of(lambda: parse_list_query({"limit": "1000"}))
INVALID_ORDER_ID = problem_of(MalformedOrderId())
UNKNOWN_PATH = problem("route_not_found", "The API has no such route.")
UNKNOWN_FILE = problem("not_found", "There is no such file.")
FOREIGN_USER = problem_of(ForeignUserId())
DEEP_HEALTH = problem_of(Unauthenticated("This needs an access token with the scope orders/admin, at /health/deep."))
RATE_LIMITED = problem_of(RateLimited(600, 42))
UNAVAILABLE = problem_of(DependencyUnavailable("DynamoDB"))
BUG = problem_of(RuntimeError())


def unknown_order(order_id: str) -> Problem:
    """Return the answer for an id that no order has."""
    return problem_of(OrderNotFound(order_id))


def conflict(order_id: str) -> Problem:
    """Return the answer for an idempotency key that was used for another order."""
    return problem_of(IdempotencyConflict(order_id))


def too_late(order: Order) -> Problem:
    """Return the answer to a cancellation that comes too late."""
    return problem_of(TooLateToCancel(order))
