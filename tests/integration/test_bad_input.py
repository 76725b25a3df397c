"""Bad input gets a clear error over the real gateway, and nothing is stored or queued."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from local.cloud import LocalCloud
from tests.support.cloud import ORDER
from tests.support.stored import queue_length, scan

DIGITS = "9" * 100


def order(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in (ORDER | changes).items() if value is not ...}


FIELDS = [
    (order(tokenIn=...), "tokenIn", "missing_field"),
    (order(amountIn=...), "amountIn", "missing_field"),
    (order(colour="red"), "colour", "unknown_field"),
    (order(amountIn=True), "amountIn", "invalid_type"),
    (order(tokenIn=7), "tokenIn", "invalid_type"),
    (order(amountIn="0"), "amountIn", "amount_not_positive"),
    (order(amountIn=-1), "amountIn", "amount_not_positive"),
    (order(amountIn="NaN"), "amountIn", "invalid_amount"),
    (order(amountIn="Infinity"), "amountIn", "invalid_amount"),
    (order(amountIn="1e400"), "amountIn", "invalid_amount"),
    (order(amountIn="0.0000000001"), "amountIn", "too_many_decimals"),
    (order(amountIn=DIGITS), "amountIn", "invalid_amount"),
    (order(amountIn="18446744073.709551616"), "amountIn", "amount_too_large"),
    (order(tokenIn="DOGE"), "tokenIn", "unknown_token"),
    (order(tokenIn=""), "tokenIn", "unknown_token"),
    (order(tokenOut="SOL"), "tokenOut", "same_token"),
    (order(slippage=-1), "slippage", "invalid_slippage"),
    (order(slippage="0.51"), "slippage", "invalid_slippage"),
    (order(slippage=5), "slippage", "invalid_slippage"),
    (order(orderType="limit"), "orderType", "unsupported_value"),
]

BODIES = [
    (b"{", 400, "invalid_json"),
    (b"[]", 400, "not_an_object"),
    (b'{"amountIn": NaN}', 400, "invalid_json"),
    (b'{"amountIn": 1, "amountIn": 2}', 400, "duplicate_key"),
    (b"[" * 20_000, 400, "invalid_json"),
    (b'{"a": "' + b"x" * 65_536 + b'"}', 413, "body_too_large"),
]


@pytest.fixture(scope="module", autouse=True)
def nothing_is_stored_or_queued(cloud: LocalCloud) -> Any:
    def state() -> tuple[int, int]:
        return len(scan(cloud, "OrdersTableName")), queue_length(cloud, "OrdersQueueUrl")

    before = state()
    yield
    assert state() == before


@pytest.mark.parametrize(("body", "field", "code"), FIELDS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_bad_field_is_named(api: httpx.Client, body: dict[str, Any], field: str, code: str) -> None:
    answer = api.post("/api/orders/execute", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert (field, code) in [(error["field"], error["code"]) for error in answer.json()["errors"]]


@pytest.mark.parametrize(("body", "status", "code"), BODIES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_bad_body_is_refused(api: httpx.Client, body: bytes, status: int, code: str) -> None:
    answer = api.post("/api/orders/execute", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_another_media_type_is_refused(api: httpx.Client) -> None:
    answer = api.post("/api/orders/execute", content=b"a=1", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("order_id", ["nonsense", "1", "a%20b", "01a1fc59121a7ddb8732cd9cdb1aed2e", "a" * 200])
def test_an_order_id_that_is_none_is_refused(api: httpx.Client, order_id: str) -> None:
    answer = api.get(f"/api/orders/{order_id}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_order_id")


@pytest.mark.parametrize("order_id", ["a%00b", "a%22b", "a%5Cb"])
def test_an_id_of_characters_that_no_path_has_is_no_route(api: httpx.Client, order_id: str) -> None:
    answer = api.get(f"/api/orders/{order_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "route_not_found")


def test_an_unknown_order_is_not_found(api: httpx.Client) -> None:
    answer = api.get("/api/orders/01a1fc59-121a-7ddb-8732-cd9cdb1aed2f")
    assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")


def test_an_unknown_route_is_a_problem_too(api: httpx.Client) -> None:
    answer = api.get("/api/nothing")
    assert answer.status_code == 404
