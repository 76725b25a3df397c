"""Whatever is asked for, we answer and not the gateway: with a problem detail, and with the methods that there are."""

from __future__ import annotations

import httpx
import pytest

from local.cloud import LocalCloud


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/api", "/api/orders/", "/favicon.ico", "/api/orders/1/2", "/nothing/of/the/kind"])
def test_a_path_there_is_not(api: httpx.Client, path: str) -> None:
    assert_problem(api.get(path), 404, "route_not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/orders", "GET, POST"),
        ("PATCH", "/api/orders/01a1fc59-121a-7ddb-8732-cd9cdb1aed2f", "GET, DELETE"),
        ("POST", "/api/orders/01a1fc59-121a-7ddb-8732-cd9cdb1aed2f/history", "GET"),
        ("GET", "/api/orders/execute", "POST"),
        ("DELETE", "/api/orders/execute", "POST"),
        ("POST", "/", "GET"),
    ],
)
def test_a_method_that_a_path_has_not(api: httpx.Client, method: str, path: str, allowed: str) -> None:
    answer = api.request(method, path)
    assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


@pytest.mark.signed_in
@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing/of/the/kind"), ("PUT", "/api/orders"), ("POST", "/")])
def test_what_there_is_and_what_not_is_told_to_nobody_without_a_token(
    cloud: LocalCloud, method: str, path: str
) -> None:
    answer = httpx.request(method, f"{cloud.settings.url}{path}", timeout=30)
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
