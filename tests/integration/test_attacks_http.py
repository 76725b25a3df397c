"""Every route of the HTTP API, asked with every kind of wrong identity: nothing is told, nothing is changed."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local.cloud import LocalCloud
from order_engine.application.identity import TO_ADMINISTER, TO_READ, Scope
from order_engine.contracts.routes import ROUTES
from tests.support import tokens
from tests.support.attacks import KINDS, UNKNOWN_ORDER, Person, Strangers, normal
from tests.support.cloud import ORDER, eventually
from tests.support.stored import scan, stopped

pytestmark = pytest.mark.signed_in

ONE_ORDER, TRAIL, PLACE = "/api/orders/{orderId}", "/api/orders/{orderId}/history", ORDER | {"amountIn": "0.125"}
ROWS: dict[tuple[str, str], Any] = {
    ("GET", "/health/deep"): None,
    ("GET", "/api/metrics"): None,
    ("POST", "/api/stream-tickets"): None,
    ("GET", "/api/orders"): None,
    ("POST", "/api/orders"): PLACE,
    ("POST", "/api/orders/execute"): PLACE,
    ("GET", ONE_ORDER): None,
    ("DELETE", ONE_ORDER): None,
    ("GET", TRAIL): None,
    ("GET", "/no/such/route"): None,
    ("PUT", "/api/orders"): PLACE,
}
"""The body of a good request for every route that is not open, and for two that there are not."""


@pytest.fixture(scope="module")
def strangers(cloud: LocalCloud, alice: Person) -> Strangers:
    return Strangers(cloud, alice.user_id)


@pytest.fixture(scope="module")
def web(cloud: LocalCloud) -> Iterator[httpx.Client]:
    """Give a client that sends no token by itself."""
    with httpx.Client(base_url=cloud.settings.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def secret() -> str:
    """Give what only the victim and administrators may ever be shown: the order's own name."""
    return f"alices-{uuid4()}"


@pytest.fixture(scope="module")
def order_id(cloud: LocalCloud, web: httpx.Client, alice: Person, olga: Person, secret: str) -> Iterator[str]:
    """Give the victim's order, which waits so that it could be cancelled. In the end it must be as it was."""
    with stopped(cloud, "ProcessOrdersFunctionName"):
        placed = web.post("/api/orders", json=ORDER | {"clientOrderId": secret}, headers=alice.headers())
        order_id: str = placed.json()["orderId"]
        eventually(lambda: web.get(f"/api/orders/{order_id}/history", headers=olga.headers()).status_code == 200)
        before = web.get(f"/api/orders/{order_id}", headers=alice.headers()).json()
        yield order_id
        assert web.get(f"/api/orders/{order_id}", headers=alice.headers()).json() == before
        assert web.delete(f"/api/orders/{order_id}", headers=alice.headers()).status_code == httpx.codes.OK


def stored(cloud: LocalCloud) -> set[str]:
    return {item["orderId"]["S"] for item in scan(cloud, "OrdersTableName")}


def issued(cloud: LocalCloud) -> set[str]:
    return {item["ticketHash"]["S"] for item in scan(cloud, "TicketsTableName")}


def test_every_route_that_is_not_open_has_a_row() -> None:
    protected = {(method, path) for path, methods in ROUTES.items() for method, access in methods.items() if access}
    assert protected <= ROWS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_identity_is_told_nothing(
    cloud: LocalCloud, web: httpx.Client, strangers: Strangers, order_id: str, secret: str, kind: str
) -> None:
    orders, tickets = stored(cloud), issued(cloud)
    for (method, path), body in ROWS.items():
        header = strangers.header(kind)
        answer = web.request(method, path.format(orderId=order_id), json=body, headers=header)
        assert answer.status_code in (401, 403), (method, path, answer.text)
        assert secret not in answer.text
    assert stored(cloud) == orders
    assert issued(cloud) <= tickets  # some may have expired meanwhile


SCOPES = {scope.value: scope for scope in Scope}


@pytest.mark.parametrize(
    "scope", ["", "openid", *SCOPES, "orders/read orders/write", "orders/readwrite", "ORDERS/READ"]
)
def test_a_route_needs_its_scope(
    cloud: LocalCloud, web: httpx.Client, alice: Person, order_id: str, scope: str
) -> None:
    header = tokens.bearer(tokens.mint(cloud, sub=alice.user_id, scope=scope or None))
    had = {SCOPES[word] for word in scope.split() if word in SCOPES}
    for path, methods in ROUTES.items():
        for method, access in methods.items():
            if access and had.isdisjoint(access):
                body = ROWS[method, path]
                answer = web.request(method, path.format(orderId=order_id), json=body, headers=header)
                assert answer.status_code == httpx.codes.FORBIDDEN, (method, path, answer.text)


class TestAnotherUser:
    """Bob has every scope of a trader, and no business with Alice's orders."""

    @pytest.mark.parametrize(("method", "path"), [("GET", ONE_ORDER), ("DELETE", ONE_ORDER), ("GET", TRAIL)])
    def test_sees_no_difference_between_a_foreign_order_and_none(
        self, web: httpx.Client, bob: Person, order_id: str, method: str, path: str
    ) -> None:
        foreign, unknown = (
            web.request(method, path.format(orderId=asked), headers=bob.headers())
            for asked in (order_id, UNKNOWN_ORDER)
        )
        assert foreign.status_code == httpx.codes.NOT_FOUND
        assert foreign.json()["code"] == "order_not_found"
        assert normal(foreign, order_id) == normal(unknown, UNKNOWN_ORDER)

    def test_lists_only_his_own(self, web: httpx.Client, alice: Person, bob: Person, order_id: str) -> None:
        own = web.post("/api/orders", json=ORDER, headers=bob.headers()).json()["orderId"]

        def listed(**query: str) -> list[dict[str, Any]]:
            answer = web.get("/api/orders", params={"limit": "100", **query}, headers=bob.headers())
            orders: list[dict[str, Any]] = answer.raise_for_status().json()["orders"]
            return orders

        eventually(lambda: own in [order["id"] for order in listed()])
        assert {order["userId"] for order in listed()} == {bob.user_id}
        assert {order["userId"] for order in listed(userId=bob.user_id)} == {bob.user_id}
        refused = web.get("/api/orders", params={"userId": alice.user_id}, headers=bob.headers())
        assert (refused.status_code, refused.json()["code"]) == (403, "user_id_mismatch")

    @pytest.mark.parametrize("path", ["/api/orders", "/api/orders/execute"])
    def test_places_no_order_for_somebody_else(
        self, cloud: LocalCloud, web: httpx.Client, alice: Person, bob: Person, order_id: str, path: str
    ) -> None:
        before = stored(cloud)
        answer = web.post(path, json=PLACE | {"userId": alice.user_id}, headers=bob.headers())
        assert (answer.status_code, answer.json()["code"]) == (403, "user_id_mismatch")
        assert stored(cloud) == before

    def test_gets_nothing_by_a_foreign_idempotency_key(
        self, web: httpx.Client, bob: Person, order_id: str, secret: str
    ) -> None:
        answer = web.post("/api/orders", json=ORDER, headers=bob.headers() | {"Idempotency-Key": secret})
        assert answer.status_code == httpx.codes.CREATED
        assert answer.json()["orderId"] != order_id

    def test_cannot_use_up_a_foreign_rate_limit(
        self, cloud: LocalCloud, web: httpx.Client, alice: Person, bob: Person, order_id: str
    ) -> None:
        def place(who: Person) -> int:
            return web.post("/api/orders", json=ORDER, headers=who.headers()).status_code

        with cloud.parameters(MaxOrdersPerMinute="1"):
            eventually(lambda: place(bob) == httpx.codes.TOO_MANY_REQUESTS)
            assert place(alice) == httpx.codes.CREATED

    def test_an_administrator_reads_and_does_not_cancel(
        self, web: httpx.Client, alice: Person, olga: Person, order_id: str
    ) -> None:
        assert web.get(f"/api/orders/{order_id}", headers=olga.headers()).json()["order"]["userId"] == alice.user_id
        listed = web.get("/api/orders", params={"userId": alice.user_id}, headers=olga.headers()).json()["orders"]
        assert order_id in [order["id"] for order in listed]
        assert web.delete(f"/api/orders/{order_id}", headers=olga.headers()).status_code == httpx.codes.NOT_FOUND


ODD = (
    ("GET", "/api/orders%2F{id}"),
    ("GET", "/api%2Forders%2F{id}"),
    ("GET", "/api%2Forders"),
    ("GET", "/api/orders%2F{id}%2Fhistory"),
    ("DELETE", "/api/orders%2F{id}"),
    ("GET", "//api/orders/{id}"),
    ("GET", "/api//orders/{id}"),
    ("GET", "/api/orders//{id}"),
    ("GET", "/api/orders/{id}/"),
    ("GET", "/API/orders/{id}"),
    ("GET", "/api/Orders/{id}"),
    ("GET", "/api/./orders/{id}"),
    ("GET", "/api/%2e/orders/{id}"),
    ("GET", "/health/../api/orders/{id}"),
    ("GET", "/health/%2e%2e/api/orders/{id}"),
    ("GET", "/health%2F..%2Fapi%2Forders%2F{id}"),
    ("GET", "/health%2Fdeep"),
    ("GET", "/health/deep/"),
    ("GET", "/HEALTH/deep"),
    ("GET", "/health?deep=1"),
    ("GET", "/assets/../api/orders/{id}"),
    ("GET", "/assets/..%2Fapi%2Forders%2F{id}"),
    ("GET", "/assets/%2e%2e%2f%2e%2e%2ftemplate.yaml"),
    ("GET", "/assets/..%5c..%5capi%5cmetrics"),
    ("GET", "/api/orders/{id};x=1"),
    ("GET", "/api/orders/{id}%00"),
    ("GET", "/api/orders/{id}%0d%0aX-Injected:%20yes"),
    ("GET", "/api/metrics/"),
    ("GET", "/api%2Fmetrics"),
    ("HEAD", "/api/orders/{id}"),
    ("PATCH", "/api/orders/{id}"),
    ("PUT", "/api/orders/{id}"),
    ("POST", "/api/orders/{id}"),
    ("TRACE", "/api/orders/{id}"),
    ("OPTIONS", "/api/orders/{id}"),
    ("DELETE", "/api/orders"),
)
"""Paths and methods that may take another way through the gateway than the framework takes."""
OVERRIDES = {"X-HTTP-Method-Override": "DELETE", "X-Original-URL": "/api/metrics", "X-Forwarded-Prefix": "/health"}


def ask(cloud: LocalCloud, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """Make a request with the path exactly as it is, which most clients would clean first."""
    connection = http.client.HTTPConnection("127.0.0.1", cloud.settings.port, timeout=30)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace") + str(answer.getheaders())
    finally:
        connection.close()


@pytest.mark.parametrize(("method", "path"), ODD)
def test_no_odd_path_leads_around_the_identity(
    cloud: LocalCloud, alice: Person, bob: Person, order_id: str, secret: str, method: str, path: str
) -> None:
    asked = path.format(id=order_id)
    writer = tokens.mint(cloud, sub=alice.user_id, scope=Scope.WRITE)  # Alice's own, for another route than this one
    reader = tokens.mint(cloud, sub=alice.user_id, scope=Scope.READ)
    status, text = ask(cloud, method, asked, OVERRIDES)
    assert secret not in text
    assert "waiting" not in text
    if not path.startswith(("/assets", "/health?")) and method != "OPTIONS":
        assert status in (400, 401, 403, 404), text
    for token in (bob.token, reader if method == "DELETE" else writer):
        status, text = ask(cloud, method, asked, OVERRIDES | tokens.bearer(token))
        assert secret not in text
        assert "waiting" not in text
        assert "dependencies" not in text
        own = token == bob.token and path == "/api%2Forders"  # his own list, by whatever way
        assert status >= 400 or own or path.startswith("/assets") or method == "OPTIONS", text


@pytest.mark.parametrize("path", [path for path, methods in ROUTES.items() if methods.get("GET", TO_READ) is None])
def test_what_is_open_shows_nothing_of_anybody(
    web: httpx.Client, alice: Person, order_id: str, secret: str, path: str
) -> None:
    answer = web.get(path.format(file="app.js"))
    assert answer.status_code == httpx.codes.OK
    for private in (secret, order_id, alice.user_id, alice.token):
        assert private not in answer.text


def test_the_deep_health_and_the_metrics_are_for_administrators(web: httpx.Client, alice: Person, olga: Person) -> None:
    administered = [(m, p) for p, methods in ROUTES.items() for m, access in methods.items() if access == TO_ADMINISTER]
    assert administered
    for method, path in administered:
        assert web.request(method, path, headers=alice.headers()).status_code == httpx.codes.FORBIDDEN
        assert web.request(method, path, headers=olga.headers()).status_code == httpx.codes.OK
    assert json.loads(web.get("/health").text)["status"] == "healthy"
