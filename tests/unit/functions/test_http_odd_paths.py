"""No path or method is a way around identity: however it is written, and whatever the gateway took it for."""

from __future__ import annotations

import pytest

from order_engine.application.identity import Scope
from order_engine.contracts.routes import ROUTES
from tests.corpus.http import ID
from tests.support.events import ALICES_ORDER
from tests.unit.functions.door import PROTECTED, Door, authorizer_of
from tests.unit.functions.odd_identities import NOBODY

ODD_PATHS = (
    *("", "//", "/api", "/api/", "/nothing", "/docs", "/index.html", "/.env", "/assets", "/assets/", "/assets/a/b"),
    *("/health/", "//health", "/HEALTH", "/health/deep/", "/health//deep", "/health\n", "/health?deep=1", "/health/x"),
    *("//api/orders", "/api//orders", "/API/orders", "/API/ORDERS", "/api/orders/", "/api/orders//", "/api/orders\n"),
    *(f"//api/orders/{ALICES_ORDER}", f"/api//orders/{ALICES_ORDER}", f"/api/orders/{ALICES_ORDER}/"),
    *(f"/api/orders%2F{ALICES_ORDER}", f"/api/orders%2f{ALICES_ORDER}", f"/api%2Forders%2F{ALICES_ORDER}"),
    *(f"/api/orders/{ALICES_ORDER}%2Fhistory", f"/api/orders/{ALICES_ORDER}/history/", f"/api/orders/{ID}/x/y"),
    *("/api/orders/../metrics", "/assets/../api/orders", "/assets/%2e%2e/api/orders", "/health/../api/orders", "/.."),
    *(f"/assets/../api/orders/{ALICES_ORDER}", f"/./api/orders/{ALICES_ORDER}", f"/api/orders/./{ALICES_ORDER}"),
    *(f"/api/orders/{ALICES_ORDER}?x", f"/api/orders/{ALICES_ORDER}#x", f"/api/orders/{ALICES_ORDER};x"),
    *(f"/api/orders/{ALICES_ORDER.upper()}", f"/api/orders/{ALICES_ORDER}\0", f"/dev/api/orders/{ALICES_ORDER}"),
    *(f"\\api\\orders\\{ALICES_ORDER}", f"/api/orders\\{ALICES_ORDER}", "/api/stream-tickets/", "/api/metrics/"),
    *("*", "$default", "/$default", "/{proxy+}", "/api/{proxy+}", "/api/orders/{orderId}", "x", "/\ud800"),
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "get", "options", "")


@pytest.mark.parametrize("function", ["orders_api", "read_history"])
@pytest.mark.parametrize("path", ODD_PATHS)
def test_no_other_path_lets_anybody_in(cognitos: Door, path: str, function: str) -> None:
    for method in METHODS:
        for name in ("absent", "an ID token", "without subject", "a principal only"):
            cognitos.assert_refused(cognitos.ask(method, path, NOBODY[name], function), 401, "unauthenticated")


SAME_PATHS = "/health\n", "/api/orders\n"
"""To the framework, whose `$` matches in front of them, these are what they look like."""


@pytest.mark.parametrize("function", ["orders_api", "read_history"])
@pytest.mark.parametrize("path", [path for path in ODD_PATHS if path not in SAME_PATHS])
def test_no_other_path_is_a_way_around_scope_or_ownership(cognitos: Door, path: str, function: str) -> None:
    cognitos.deployed.ports.history.orders.clear()  # lists that are empty look the same as none
    cognitos.before = cognitos.everything()
    for method in set(METHODS) - {"POST"}:
        for authorizer in (authorizer_of(), authorizer_of(Scope.READ, Scope.WRITE, name="bob")):
            status, _, body = cognitos.ask(method, path, authorizer, function)
            assert 400 <= status < 500, (method, body)
            assert "alice" not in str(body)
    assert cognitos.everything() == cognitos.before


@pytest.mark.parametrize("route", PROTECTED, ids=" ".join)
@pytest.mark.parametrize("function", ["orders_api", "read_history"])
def test_a_method_that_a_path_does_not_have_lets_nobody_in(
    cognitos: Door, route: tuple[str, str], function: str
) -> None:
    path = route[1].replace("{orderId}", ALICES_ORDER)
    for method in METHODS:
        cognitos.assert_refused(cognitos.ask(method, path, NOBODY["absent"], function), 401, "unauthenticated")


@pytest.mark.parametrize("path", [*ODD_PATHS, *ROUTES])
def test_a_preflight_is_answered_to_anybody_and_does_nothing(cognitos: Door, path: str) -> None:
    status, _, body = cognitos.ask("OPTIONS", path, NOBODY["absent"])
    assert (status, body) == (204, "")
    assert cognitos.called == set()
    assert cognitos.everything() == cognitos.before


@pytest.mark.parametrize(
    "key", ["$default", "GET /health", "OPTIONS /{proxy+}", "GET /assets/{file}", "GET /api/metrics"]
)
def test_the_scope_that_counts_is_that_of_the_path_and_not_of_the_gateways_route(cognitos: Door, key: str) -> None:
    """The gateway matches `/api/orders%2F<id>` to another route than the framework, which decodes it."""
    path = f"/api/orders/{ALICES_ORDER}"
    assert cognitos.ask("GET", path, NOBODY["absent"], key=key)[0] == 401
    assert cognitos.ask("GET", path, authorizer_of(Scope.WRITE), key=key)[0] == 403
    assert cognitos.ask("DELETE", path, authorizer_of(Scope.READ, Scope.ADMIN), key=key)[0] == 403
    assert cognitos.ask("GET", path, authorizer_of(Scope.READ, name="bob"), key=key)[0] == 404
    assert cognitos.ask("GET", path, authorizer_of(Scope.READ), key=key)[0] == 200
    assert cognitos.everything() == cognitos.before
