"""Every error has a status and a stable code; one that nobody foresaw says nothing about itself."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import order_engine
from order_engine.application.errors import (
    ClientGone,
    ClientUnreachable,
    DependencyUnavailable,
    ForeignUserId,
    IdempotencyConflict,
    InsufficientScope,
    NotConnected,
    NotTheOwner,
    OrderNotFound,
    RateLimited,
    TokenExpired,
    TooLateToCancel,
    TooManySubscriptions,
    Unauthenticated,
    UnreadableMessage,
    VersionConflict,
)
from order_engine.application.ports import Allowance
from order_engine.contracts.answers import Problem
from order_engine.contracts.json_body import BodyTooLarge, MalformedJson, UnsupportedMediaType
from order_engine.contracts.order_id import MalformedOrderId
from order_engine.contracts.problems import ONLY_HTTP, ONLY_WEBSOCKET, STATUS_BY_CODE, UnknownAction, problem_of
from order_engine.contracts.rate_limits import allowance_headers, refusal_headers
from order_engine.domain.errors import (
    ExecutionError,
    FieldError,
    FinalError,
    IllegalTransition,
    InvalidOrder,
    NoLiquidity,
    OrderEngineError,
    PriceMoved,
    ProcessingGaveUp,
    QuoteUnavailable,
    RetryableError,
    SimulationFailed,
    TransactionExpired,
    TransactionFailed,
    UnknownPair,
)
from orders_client.problem_codes import STATUS_BY_CODE as CLIENT_STATUS_BY_CODE
from tests.support.documents import assert_described
from tests.support.orders import CONFIRMED, after, new_order

LITERAL_CODE = re.compile(r'\b(?:problem|MalformedJson)\(\s*"(\w+)"')
ORDER = after(new_order("0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"), *CONFIRMED)


TOLD: list[tuple[OrderEngineError, int, str]] = [
    (MalformedJson("invalid_json", "line 1"), 400, "invalid_json"),
    (MalformedJson("duplicate_key", "twice"), 400, "duplicate_key"),
    (MalformedJson("not_an_object", "a list"), 400, "not_an_object"),
    (MalformedOrderId(), 400, "invalid_order_id"),
    (UnknownAction(["ping"]), 400, "unknown_action"),
    (Unauthenticated(), 401, "unauthenticated"),
    (TokenExpired(), 401, "token_expired"),
    (InsufficientScope(["orders/read"]), 403, "insufficient_scope"),
    (ForeignUserId(), 403, "user_id_mismatch"),
    (OrderNotFound(ORDER.id), 404, "order_not_found"),
    (NotTheOwner(ORDER.id), 404, "order_not_found"),
    (IdempotencyConflict(ORDER.id), 409, "idempotency_conflict"),
    (TooLateToCancel(ORDER), 409, "too_late_to_cancel"),
    (NotConnected("a"), 409, "not_connected"),
    (BodyTooLarge(), 413, "body_too_large"),
    (UnsupportedMediaType("text/plain"), 415, "unsupported_media_type"),
    (InvalidOrder(FieldError("amountIn", "invalid_amount", "must be")), 422, "validation_failed"),
    (RateLimited(5, 30), 429, "rate_limited"),
    (TooManySubscriptions(100), 429, "too_many_subscriptions"),
    (DependencyUnavailable("DynamoDB did not answer: arn:aws:secret"), 503, "service_unavailable"),
]
"""Every error of use cases and contracts that a client is told, with its status and code."""

UNTOLD: list[OrderEngineError] = [
    IllegalTransition("secret"),
    VersionConflict(ORDER),
    ClientUnreachable("secret"),
    ClientGone("secret"),
    UnreadableMessage("secret"),
    *(error("secret") for error in (ExecutionError, RetryableError, QuoteUnavailable, PriceMoved, SimulationFailed)),
    *(error("secret") for error in (TransactionFailed, FinalError, NoLiquidity, UnknownPair)),
    TransactionExpired(),
    ProcessingGaveUp(),
]
"""The others: use cases deal with them, or an order's events tell of them."""

BY_FUNCTIONS = {"route_not_found", "not_found", "method_not_allowed", "internal_error"}
"""Codes that the functions tell without an error of ours."""


@pytest.mark.parametrize(("error", "status", "code"), TOLD)
def test_an_error_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    told = problem_of(error)
    assert (told["status"], told["code"], told["success"]) == (status, code, False)
    assert told["type"] == f"urn:order-engine:problem:{code}"
    assert told["title"]
    assert told["detail"]
    assert_described(told, Problem)


@pytest.mark.parametrize(
    "error", [RuntimeError("password=hunter2"), KeyError("secret"), *UNTOLD, OrderEngineError("secret")]
)
def test_an_error_that_nobody_foresaw_says_nothing_about_itself(error: Exception) -> None:
    told = problem_of(error)
    assert (told["status"], told["code"]) == (500, "internal_error")
    assert told["detail"] == "Something went wrong on our side."
    assert "errors" not in told
    assert not {"hunter2", "secret", ORDER.id} & set(json.dumps(told).replace('"', " ").split())


def error_types() -> set[type[OrderEngineError]]:
    """Return every kind of error that the engine has, each of its modules being imported."""
    for module in walk_packages(order_engine.__path__, "order_engine."):
        import_module(module.name)
    found: set[type[OrderEngineError]] = set()
    kinds = [OrderEngineError]
    while kinds:
        subclasses = kinds.pop().__subclasses__()
        kinds += subclasses
        found |= {*subclasses}
    return {kind for kind in found if kind.__module__.startswith("order_engine.")}


def test_every_error_of_the_engine_is_told_by_its_code_or_as_an_internal_one() -> None:
    told, untold = {type(error) for error, _, _ in TOLD}, {type(error) for error in UNTOLD}
    assert told | untold == error_types()
    assert not told & untold


def test_the_table_has_the_codes_that_are_told_and_no_others() -> None:
    assert {code for _, _, code in TOLD} | BY_FUNCTIONS == STATUS_BY_CODE.keys()


def test_every_code_that_is_written_in_the_source_is_in_the_table() -> None:
    root = Path(__file__).parents[3]
    sources = [path for folder in ("layers", "functions") for path in (root / folder).rglob("*.py")]
    written = {code for path in sources for code in LITERAL_CODE.findall(path.read_text(encoding="utf-8"))}
    assert {"invalid_json", "not_found"} <= written <= STATUS_BY_CODE.keys()


def test_a_code_belongs_to_one_protocol_or_to_both() -> None:
    assert STATUS_BY_CODE.keys() >= ONLY_HTTP | ONLY_WEBSOCKET
    assert not ONLY_HTTP & ONLY_WEBSOCKET


def test_the_client_gives_the_codes_of_the_stream_the_same_statuses() -> None:
    of_the_stream = {code: status.value for code, status in STATUS_BY_CODE.items() if code not in ONLY_HTTP}
    assert {code: status for code, status in CLIENT_STATUS_BY_CODE.items() if code not in ONLY_HTTP} == of_the_stream


def test_what_a_service_said_stays_inside() -> None:
    assert "arn" not in json.dumps(problem_of(DependencyUnavailable("arn:aws:secret")))


def test_validation_names_every_field() -> None:
    faults = [FieldError("amountIn", "invalid_amount", "must be"), FieldError("", "unknown_field", "is not")]
    assert problem_of(InvalidOrder(*faults))["errors"] == [
        {"field": "amountIn", "code": "invalid_amount", "message": "must be"},
        {"field": "", "code": "unknown_field", "message": "is not"},
    ]
    assert [one["field"] for one in problem_of(MalformedOrderId("orderId"))["errors"]] == ["orderId"]


def test_of_very_many_faults_only_some_are_told() -> None:
    faults = [FieldError("x" * 64, "unknown_field", "is not known here") for _ in range(1000)]
    assert len(json.dumps(problem_of(InvalidOrder(*faults)))) < 5_000


def test_the_owner_and_the_stranger_are_told_the_same() -> None:
    assert problem_of(OrderNotFound(ORDER.id)) == problem_of(NotTheOwner(ORDER.id))


def test_rate_limits_are_told_in_headers() -> None:
    assert allowance_headers(None) == {}
    assert allowance_headers(Allowance(600, 599, 42)) == {
        "RateLimit-Policy": '"orders";q=600;w=60',
        "RateLimit": '"orders";r=599;t=42',
    }
    assert refusal_headers(RateLimited(5, 30)) == {
        "Retry-After": "30",
        "RateLimit-Policy": '"orders";q=5;w=60',
        "RateLimit": '"orders";r=0;t=30',
    }
