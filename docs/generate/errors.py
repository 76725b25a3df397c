"""What can go wrong, as the engine itself tells it: every example here is made by the code that answers."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from order_engine.contracts.json_body import MAX_BODY_BYTES, read_object, require_json
from order_engine.contracts.order_list import list_orders
from order_engine.contracts.orders import place_order
from order_engine.contracts.problems import Problem, problem, problem_of
from order_engine.domain.errors import (
    DependencyUnavailable,
    IdempotencyConflict,
    MalformedOrderId,
    OrderNotFound,
    RateLimited,
    TooLateToCancel,
)
from order_engine.domain.order import Order

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


def _problem_of(call: Callable[[], object]) -> Problem:
    try:
        call()
    except Exception as error:
        return problem_of(error)
    raise AssertionError("an example of a problem is none")


_BAD_ORDER = {"tokenIn": "DOGE", "tokenOut": "USDC", "amountIn": "-1", "slippage": "5"}

UNREADABLE_BODY = (
    _problem_of(lambda: read_object('{"tokenIn": "SOL",}')),
    _problem_of(lambda: read_object('{"amountIn": "1", "amountIn": "2"}')),
    _problem_of(lambda: read_object("[]")),
    _problem_of(lambda: read_object(" " * (MAX_BODY_BYTES + 1))),
    _problem_of(lambda: require_json("text/plain", "identity")),
)
INVALID_ORDER = _problem_of(lambda: place_order(_BAD_ORDER).to_command("0.01"))
INVALID_QUERY = _problem_of(lambda: list_orders({"limit": "1000"}))
INVALID_ORDER_ID = problem_of(MalformedOrderId())
UNKNOWN_PATH = problem(HTTPStatus.NOT_FOUND, "route_not_found", "The API has no such route.")
UNKNOWN_METHOD = problem(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", "PUT is not possible here, only GET.")
UNKNOWN_FILE = problem(HTTPStatus.NOT_FOUND, "not_found", "There is no such file.")
RATE_LIMITED = problem_of(RateLimited(600, 42))
UNAVAILABLE = problem_of(DependencyUnavailable("DynamoDB"))
BUG = problem_of(RuntimeError())


def unknown_order(order_id: str) -> Problem:
    """Return what is said of an order that there is not."""
    return problem_of(OrderNotFound(order_id))


def conflict(order_id: str) -> Problem:
    """Return what is said of an idempotency key that was used for another order."""
    return problem_of(IdempotencyConflict(order_id))


def too_late(order: Order) -> Problem:
    """Return what is said of a cancellation that comes too late."""
    return problem_of(TooLateToCancel(order))


PROBLEM_CODES = (
    *(one["code"] for one in UNREADABLE_BODY),
    INVALID_ORDER["code"],
    INVALID_ORDER_ID["code"],
    OrderNotFound.code,
    UNKNOWN_PATH["code"],
    UNKNOWN_METHOD["code"],
    UNKNOWN_FILE["code"],
    IdempotencyConflict.code,
    TooLateToCancel.code,
    RateLimited.code,
    BUG["code"],
    DependencyUnavailable.code,
)
