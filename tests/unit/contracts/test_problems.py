"""Every error has a status and a stable code; one that nobody foresaw says nothing about itself."""

from __future__ import annotations

import json

import pytest

from order_engine.application.errors import (
    ClientUnreachable,
    DependencyUnavailable,
    IdempotencyConflict,
    NotConnected,
    NotTheOwner,
    OrderNotFound,
    RateLimited,
    TooLateToCancel,
    TooManySubscriptions,
    VersionConflict,
)
from order_engine.application.ports import Allowance
from order_engine.contracts.json_body import BodyTooLarge, MalformedJson, UnsupportedMediaType
from order_engine.contracts.order_id import MalformedOrderId
from order_engine.contracts.problems import problem_of
from order_engine.contracts.rate_limits import allowance_headers, refusal_headers
from order_engine.domain.errors import FieldError, IllegalTransition, InvalidOrder
from tests.support.orders import CONFIRMED, after, new_order

ORDER = after(new_order("0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"), *CONFIRMED)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (MalformedJson("invalid_json", "line 1"), 400, "invalid_json"),
        (MalformedOrderId(), 400, "invalid_order_id"),
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
    ],
)
def test_an_error_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    told = problem_of(error)
    assert (told["status"], told["code"], told["success"]) == (status, code, False)
    assert told["type"] == f"urn:order-engine:problem:{code}"
    assert told["title"]
    assert told["detail"]
    json.dumps(told)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("password=hunter2"),
        KeyError("secret"),
        IllegalTransition("secret"),
        VersionConflict(ORDER),
        ClientUnreachable("secret"),
    ],
)
def test_an_error_that_nobody_foresaw_says_nothing_about_itself(error: Exception) -> None:
    told = problem_of(error)
    assert (told["status"], told["code"]) == (500, "internal_error")
    assert "errors" not in told
    assert not {"hunter2", "secret", ORDER.id} & set(json.dumps(told).replace('"', " ").split())


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
