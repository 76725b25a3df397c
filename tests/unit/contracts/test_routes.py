from __future__ import annotations

import pytest

from order_engine.application.identity import TO_ADMINISTER, TO_READ, TO_WRITE
from order_engine.contracts.routes import OPEN, ROUTES, is_open, methods_at

ID = "0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "get", "", "options", "ANY")


@pytest.mark.parametrize("path", ROUTES)
def test_a_path_has_its_own_methods_and_not_those_of_one_that_it_is_an_example_of(path: str) -> None:
    assert methods_at(path.replace("{", "").replace("}", "")) == tuple(ROUTES[path])


@pytest.mark.parametrize("path", ["", "/api", "/api/orders/", "/api/orders/1/2", "/health/", "//health", "/HEALTH"])
def test_other_paths_have_none(path: str) -> None:
    assert methods_at(path) == ()


def test_what_is_open_is_the_page_its_files_and_the_shallow_health_check_and_nothing_else() -> None:
    opened = {(method, path) for path, methods in ROUTES.items() for method in methods if methods[method] is OPEN}
    assert opened == {("GET", "/"), ("GET", "/assets/{file}"), ("GET", "/health")}


def test_every_route_needs_the_scopes_of_the_field() -> None:
    needs = {(method, path): scopes for path, methods in ROUTES.items() for method, scopes in methods.items() if scopes}
    assert needs == {
        ("GET", "/health/deep"): TO_ADMINISTER,
        ("GET", "/api/metrics"): TO_ADMINISTER,
        ("POST", "/api/stream-tickets"): TO_READ,
        ("GET", "/api/orders"): TO_READ,
        ("POST", "/api/orders"): TO_WRITE,
        ("POST", "/api/orders/execute"): TO_WRITE,
        ("GET", "/api/orders/{orderId}"): TO_READ,
        ("DELETE", "/api/orders/{orderId}"): TO_WRITE,
        ("GET", "/api/orders/{orderId}/history"): TO_READ,
    }


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/", "/assets/app.js", "/assets/{file}", "/health"])
def test_an_open_path_is_open_to_get_only(path: str, method: str) -> None:
    assert is_open(method, path) is (method == "GET")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "path",
    [
        *("", "//", "/.", "/?", "/#", "health", "/health/", "/health/deep", "/health/deep/", "//health", "/HEALTH"),
        *("/health\n", "/health\0", "/health ", "/health?", "/health;x", "/healthx", "/./health", "/x/../health"),
        *("/assets", "/assets/", "/assets//app.js", "/assets/../api/orders", "/assets/a/b", "/Assets/app.js"),
        *("/api", "/api/", "/api/orders", "/api/orders/", "/api//orders", f"/api/orders/{ID}", "/api/stream-tickets"),
        *(f"/api/orders/{ID}/", f"/api/orders/{ID}/history", f"/api/orders%2F{ID}", "/api/metrics", "/docs", "/x"),
    ],
)
def test_no_other_path_is_open(path: str, method: str) -> None:
    assert not is_open(method, path)
