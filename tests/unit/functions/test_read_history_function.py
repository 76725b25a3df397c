"""Lists and histories, as the API tells them from Postgres."""

from __future__ import annotations

from typing import Any

import pytest

from order_engine.application.order_history import OrderFilter
from order_engine.application.watch_engine import HISTORY_PROBE
from order_engine.domain.errors import DependencyUnavailable
from order_engine.domain.events import Status
from order_engine.domain.tokens import token
from tests.support.events import ALICES_ORDER, event
from tests.support.functions import Deployment
from tests.support.orders import CONFIRMED, FAILED, after, new_order


@pytest.fixture
def recorded(deployed: Deployment) -> Deployment:
    """Give a history with an order of each of two users."""
    orders = [after(new_order(ALICES_ORDER, "alice"), *FAILED), after(new_order(user_id="bob"), *CONFIRMED)]
    deployed.history.record(orders)
    return deployed


def get(path: str, user: str | None = None, **query: str) -> dict[str, Any]:
    given = event("http_get_order")
    given |= {"rawPath": path, "routeKey": f"GET {path}", "queryStringParameters": query}
    given["requestContext"]["http"]["path"] = path
    if user is not None:
        given["requestContext"]["authorizer"] = {"lambda": {"userId": user}}
    return given


def test_orders_are_listed(recorded: Deployment) -> None:
    status, headers, body = recorded.http(get("/api/orders"), "read_history")
    assert (status, headers["content-type"], body["success"]) == (200, "application/json", True)
    assert [order["status"] for order in body["orders"]] == ["failed", "confirmed"]
    assert "nextCursor" not in body


def test_the_query_is_what_is_looked_for(recorded: Deployment) -> None:
    recorded.http(get("/api/orders", status="failed", tokenIn="SOL", limit="7"), "read_history")
    assert recorded.reader.asked == [(OrderFilter(None, Status.FAILED, token("SOL")), 7, None)]


def test_who_is_authenticated_sees_their_own_orders_only(recorded: Deployment) -> None:
    _, _, body = recorded.http(get("/api/orders", user="bob", userId="alice"), "read_history")
    assert [order["userId"] for order in body["orders"]] == ["bob"]


def test_a_query_that_makes_no_sense_is_refused_and_named(recorded: Deployment) -> None:
    status, headers, body = recorded.http(get("/api/orders", limit="many", offset="5"), "read_history")
    assert (status, headers["content-type"]) == (422, "application/problem+json")
    assert {fault["field"] for fault in body["errors"]} == {"limit", "offset"}
    assert recorded.reader.asked == []


def test_a_history_tells_every_failed_attempt(recorded: Deployment) -> None:
    status, _, body = recorded.http(get(f"/api/orders/{ALICES_ORDER}/history", user="alice"), "read_history")
    assert (status, body["order"]["id"]) == (200, ALICES_ORDER)
    assert [failure["attempt"] for failure in body["failures"]] == [1, 2, 3, 4]


def test_somebody_elses_history_is_answered_like_an_unknown_one(recorded: Deployment) -> None:
    path = f"/api/orders/{ALICES_ORDER}/history"
    stranger = recorded.http(get(path, user="mallory"), "read_history")
    recorded.history.orders.clear()
    assert recorded.http(get(path, user="mallory"), "read_history") == stranger
    assert (stranger[0], stranger[2]["code"]) == (404, "order_not_found")


def test_an_order_id_that_is_none_is_refused(recorded: Deployment) -> None:
    status, _, body = recorded.http(get("/api/orders/42/history"), "read_history")
    assert (status, body["code"]) == (400, "invalid_order_id")


def test_the_question_whether_postgres_is_there_is_answered(recorded: Deployment) -> None:
    assert recorded.call("read_history", HISTORY_PROBE) == {}
    recorded.postgres.down = True
    with pytest.raises(DependencyUnavailable):
        recorded.call("read_history", HISTORY_PROBE)
