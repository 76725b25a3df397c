"""Bad input: a problem detail with a stable code, the field named, a 4xx; nothing stored and nothing queued."""

from __future__ import annotations

import json
from typing import Any

import pytest

from order_engine.domain.tokens import WRAPPED_SOL_MINT
from tests.support.events import event, place_order, request
from tests.support.functions import Deployment

ORDER = {"tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1.5"}


def amounts() -> list[tuple[str, str]]:
    """Return amounts as JSON writes them, and why each is refused."""
    return [
        *((amount, "amount_not_positive") for amount in ("0", '"0"', "0.0", "-1", '"-0.5"', "-1e-9")),
        *((amount, "invalid_amount") for amount in ('"NaN"', '"Infinity"', "1e400", "-1e400", '"1e400"', "9" * 100)),
        *((amount, "invalid_amount") for amount in ('""', '" "', '"1,5"', '"1 SOL"', '"\\u0000"', '"\\u0661"')),
        *((amount, "too_many_decimals") for amount in ("1e-10", '"0.0000000001"', "1.1234567891")),
        *((amount, "amount_too_large") for amount in (str(2**64), "1e11", '"18446744073.709551616"')),
        *((amount, "invalid_type") for amount in ("true", "null", "[]", '{"$gt": 0}')),
    ]


def check(deployed: Deployment, given: dict[str, Any], status: int, code: str) -> Any:
    """Make the request and check everything that holds for every refusal; return the problem."""
    answered, headers, body = deployed.http(given)
    assert (answered, body["status"], body["code"]) == (status, status, code), body
    assert body["type"] == f"urn:order-engine:problem:{code}"
    assert (body["success"], bool(body["title"]), bool(body["detail"])) == (False, True, True)
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-request-id"]
    assert "Traceback" not in json.dumps(body)
    assert deployed.stored() == []
    assert deployed.engine.queue.messages == []
    return body


@pytest.mark.parametrize(
    ("name", "status", "code", "fields"),
    [
        ("http_bad_json", 400, "invalid_json", None),
        ("http_body_not_utf8", 400, "invalid_json", None),
        ("http_wrong_media_type", 415, "unsupported_media_type", None),
        ("http_unknown_field", 422, "validation_failed", {("slipage", "unknown_field")}),
        ("http_bad_fields", 422, "validation_failed", {("tokenIn", "unknown_token"), ("slippage", "invalid_slippage")}),
        ("http_get_malformed_order_id", 400, "invalid_order_id", {("orderId", "invalid_order_id")}),
        ("http_get_order", 404, "order_not_found", None),
        ("http_cancel_order", 404, "order_not_found", None),
    ],
)
def test_the_sample_events_of_bad_input(
    deployed: Deployment, name: str, status: int, code: str, fields: set[tuple[str, str]] | None
) -> None:
    body = check(deployed, event(name), status, code)
    assert named(body) == fields


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        *(
            (text, 400, "invalid_json")
            for text in ("", "{", "nonsense", '{"amountIn": NaN}', '{"amountIn": 1' + "0" * 5_000 + "}")
        ),
        *((text, 400, "invalid_json") for text in ('{"a":' * 9_000, '{"amountIn": 1e' + "9" * 25 + "}", "\0")),
        *((text, 400, "not_an_object") for text in ("[]", "null", '"SOL"', "1")),
        ('{"tokenIn":"SOL","tokenIn":"USDC"}', 400, "duplicate_key"),
        ('{"tokenIn":"' + "x" * 65_536 + '"}', 413, "body_too_large"),
    ],
)
def test_a_body_that_is_no_json_object(deployed: Deployment, text: str, status: int, code: str) -> None:
    check(deployed, place_order(text), status, code)


def test_no_body_at_all(deployed: Deployment) -> None:
    given = event("http_place_order")
    del given["body"]
    check(deployed, given, 400, "invalid_json")


@pytest.mark.parametrize(("amount", "code"), amounts())
def test_an_invalid_amount(deployed: Deployment, amount: str, code: str) -> None:
    body = f'{{"tokenIn": "SOL", "tokenOut": "USDC", "amountIn": {amount}}}'
    assert named(check(deployed, place_order(body), 422, "validation_failed")) == {("amountIn", code)}


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        *(({"slippage": wrong}, ("slippage", "invalid_slippage")) for wrong in ("-1", 5, "0.51", "0.00005", "x")),
        ({"slippage": True}, ("slippage", "invalid_type")),
        ({"tokenIn": "DOGE"}, ("tokenIn", "unknown_token")),
        ({"tokenIn": ""}, ("tokenIn", "unknown_token")),
        ({"tokenOut": "SOL"}, ("tokenOut", "same_token")),
        ({"tokenOut": WRAPPED_SOL_MINT}, ("tokenOut", "same_token")),
        ({"tokenOut": 5}, ("tokenOut", "invalid_type")),
        ({"orderType": "limit"}, ("orderType", "unsupported_value")),
        ({"minAmountOut": "-1"}, ("minAmountOut", "amount_not_positive")),
        ({"clientOrderId": "x" * 129}, ("clientOrderId", "invalid_value")),
        ({"userId": "\0"}, ("userId", "invalid_value")),
        ({"price": "1"}, ("price", "unknown_field")),
    ],
)
def test_an_invalid_field(deployed: Deployment, fields: dict[str, Any], fault: tuple[str, str]) -> None:
    assert named(check(deployed, place_order({**ORDER, **fields}), 422, "validation_failed")) == {fault}


@pytest.mark.parametrize("missing", ORDER)
def test_a_field_that_is_missing(deployed: Deployment, missing: str) -> None:
    fields = {name: value for name, value in ORDER.items() if name != missing}
    assert named(check(deployed, place_order(fields), 422, "validation_failed")) == {(missing, "missing_field")}


@pytest.mark.parametrize("key", ["", "x" * 129, "ünï", "a\nb"])
def test_an_invalid_idempotency_key(deployed: Deployment, key: str) -> None:
    body = check(deployed, place_order(ORDER, {"idempotency-key": key}), 422, "validation_failed")
    assert named(body) == {("Idempotency-Key", "invalid_idempotency_key")}


def test_two_keys_that_differ(deployed: Deployment) -> None:
    given = place_order({**ORDER, "clientOrderId": "a"}, {"idempotency-key": "b"})
    assert named(check(deployed, given, 422, "validation_failed")) == {("clientOrderId", "idempotency_key_mismatch")}


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_a_compressed_body(deployed: Deployment, encoding: str) -> None:
    given = place_order(ORDER, {"content-encoding": encoding})
    check(deployed, given, 415, "unsupported_media_type")


@pytest.mark.parametrize("order_id", ["42", "undefined", "0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1", "%00", "' OR 1=1 --"])
@pytest.mark.parametrize("name", ["http_get_order", "http_cancel_order"])
def test_an_invalid_order_id(deployed: Deployment, name: str, order_id: str) -> None:
    given = at_path(name, f"/api/orders/{order_id}")
    assert named(check(deployed, given, 400, "invalid_order_id")) == {("orderId", "invalid_order_id")}


@pytest.mark.parametrize("path", ["/api", "/api/orders/x/y", "/api/orders/\0", "/nothing", "/assets/../app.py"])
def test_an_unknown_path(deployed: Deployment, path: str) -> None:
    check(deployed, at_path("http_get_order", path), 404, "route_not_found")


def test_a_method_that_is_not_allowed(deployed: Deployment) -> None:
    given = at_path("http_get_order", "/api/orders/execute")
    _, headers, _ = deployed.http(given)
    check(deployed, given, 405, "method_not_allowed")
    assert headers["allow"] == "POST"


def test_an_invalid_x_request_id_is_replaced(deployed: Deployment) -> None:
    _, headers, _ = deployed.http(request("http_health", headers={"x-request-id": "a\nb"}))
    assert headers["x-request-id"] == event("http_health")["requestContext"]["requestId"]


def at_path(name: str, path: str) -> dict[str, Any]:
    """Return a sample request for another path."""
    given = event(name)
    given["rawPath"] = given["requestContext"]["http"]["path"] = path
    return given


def named(body: Any) -> set[tuple[str, str]] | None:
    """Return field and code of each fault in a problem."""
    return {(fault["field"], fault["code"]) for fault in body["errors"]} if "errors" in body else None
