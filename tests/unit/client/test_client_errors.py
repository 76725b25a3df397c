"""Errors of the stream name no HTTP status: their code decides which exception they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orders_client import (
    ApiError,
    Conflict,
    InvalidRequest,
    NotAllowed,
    NotFound,
    RateLimited,
    ServerFault,
    Unauthenticated,
)
from orders_client.errors import api_error, problem_from
from orders_client.problem_codes import STATUS_BY_CODE

OPENAPI = Path(__file__).parents[3] / "docs" / "openapi.json"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("validation_failed", InvalidRequest),
        ("body_too_large", InvalidRequest),
        ("unauthenticated", Unauthenticated),
        ("token_expired", Unauthenticated),
        ("insufficient_scope", NotAllowed),
        ("user_id_mismatch", NotAllowed),
        ("order_not_found", NotFound),
        ("too_late_to_cancel", Conflict),
        ("rate_limited", RateLimited),
        ("too_many_subscriptions", RateLimited),
        ("internal_error", ServerFault),
        ("a_code_of_a_newer_engine", InvalidRequest),
    ],
)
def test_the_code_decides_the_type(code: str, kind: type[ApiError]) -> None:
    error = api_error(problem_from({"type": "error", "code": code, "message": "No."}))
    assert type(error) is kind
    assert error.next_step


def test_too_many_subscriptions_are_mended_by_a_channel_not_by_waiting() -> None:
    error = api_error(problem_from({"type": "error", "code": "too_many_subscriptions", "message": "No."}))
    assert "channel" in error.next_step


def test_every_code_that_the_api_describes_has_a_status() -> None:
    described = json.loads(OPENAPI.read_text(encoding="utf-8"))["components"]["schemas"]["Problem"]
    assert set(described["properties"]["code"]["enum"]) <= STATUS_BY_CODE.keys()
