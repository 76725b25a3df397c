"""Lists and histories, as the API tells them from Postgres."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from order_engine.application.errors import DependencyUnavailable
from order_engine.application.identity import User
from order_engine.application.ports import HistoryReader, OrderFilter, OrderTrail, Page, Position
from order_engine.application.ports.dependencies import HISTORY_PROBE
from order_engine.domain.events import Status
from order_engine.domain.tokens import token
from tests.support.callers import ALICE, BOB, MALLORY, over_http
from tests.support.events import ALICES_ORDER, event
from tests.support.functions import Deployment
from tests.support.orders import CONFIRMED, FAILED, START, after, new_order


@pytest.fixture
def recorded(deployed: Deployment) -> Deployment:
    """Give a history with an order of each of two users, Bob's first."""
    alices, bobs = new_order(ALICES_ORDER, "alice"), new_order(user_id="bob", at=START - timedelta(hours=1))
    deployed.ports.history.record([after(bobs, *CONFIRMED), after(alices, *FAILED)])
    return deployed


@dataclass
class Reader:
    """`HistoryReader` that notes what it is asked for, and may be down."""

    history: HistoryReader
    asked: list[tuple[OrderFilter, int, Position | None]] = field(default_factory=list)
    down: bool = False

    def list_orders(self, wanted: OrderFilter, limit: int, after: Position | None = None) -> Page:
        self.asked.append((wanted, limit, after))
        return self.history.list_orders(wanted, limit, after)

    def trail(self, order_id: str) -> OrderTrail:
        return self.history.trail(order_id)

    def check(self) -> None:
        if self.down:
            raise DependencyUnavailable("Postgres did not answer.")


@pytest.fixture
def reader(recorded: Deployment) -> Reader:
    """Give what the function reads the history with."""
    reader = Reader(recorded.ports.history_reader)
    recorded.replace("history_reader", reader)
    return reader


def get(path: str, caller: User | None = None, **query: str) -> dict[str, Any]:
    given = event("http_get_order")
    given |= {"rawPath": path, "routeKey": f"GET {path}", "queryStringParameters": query}
    given["requestContext"]["http"]["path"] = path
    return given if caller is None else over_http(caller, given)


def test_orders_are_listed_newest_first(recorded: Deployment) -> None:
    status, headers, body = recorded.http(get("/api/orders"), "read_history")
    assert (status, headers["content-type"], body["success"]) == (200, "application/json", True)
    assert [order["status"] for order in body["orders"]] == ["failed", "confirmed"]
    assert "nextCursor" not in body


def test_the_query_is_what_the_history_is_asked_for(recorded: Deployment, reader: Reader) -> None:
    recorded.http(get("/api/orders", status="failed", tokenIn="SOL", limit="7"), "read_history")
    assert reader.asked == [(OrderFilter(None, Status.FAILED, token("SOL")), 7, None)]


def test_an_authenticated_user_sees_their_own_orders_only(recorded: Deployment) -> None:
    recorded.set(AUTH_MODE="cognito")
    _, _, body = recorded.http(get("/api/orders", BOB), "read_history")
    assert [order["userId"] for order in body["orders"]] == ["bob"]
    status, _, body = recorded.http(get("/api/orders", BOB, userId="alice"), "read_history")
    assert (status, body["code"]) == (403, "user_id_mismatch")


def test_an_invalid_query_is_refused_and_its_fields_named(recorded: Deployment, reader: Reader) -> None:
    status, headers, body = recorded.http(get("/api/orders", limit="many", offset="5"), "read_history")
    assert (status, headers["content-type"]) == (422, "application/problem+json")
    assert {fault["field"] for fault in body["errors"]} == {"limit", "offset"}
    assert reader.asked == []


def test_a_history_tells_every_failed_attempt(recorded: Deployment) -> None:
    recorded.set(AUTH_MODE="cognito")
    status, _, body = recorded.http(get(f"/api/orders/{ALICES_ORDER}/history", ALICE), "read_history")
    assert (status, body["order"]["id"]) == (200, ALICES_ORDER)
    assert [failure["attempt"] for failure in body["failures"]] == [1, 2, 3, 4]


def test_somebody_elses_history_is_answered_like_an_unknown_one(recorded: Deployment) -> None:
    recorded.set(AUTH_MODE="cognito")
    path = f"/api/orders/{ALICES_ORDER}/history"
    stranger = recorded.http(get(path, MALLORY), "read_history")
    recorded.ports.history.orders.clear()
    assert recorded.http(get(path, MALLORY), "read_history") == stranger
    assert (stranger[0], stranger[2]["code"]) == (404, "order_not_found")


def test_an_invalid_order_id_is_refused(recorded: Deployment) -> None:
    status, _, body = recorded.http(get("/api/orders/42/history"), "read_history")
    assert (status, body["code"]) == (400, "invalid_order_id")


def test_the_health_check_of_postgres_is_answered(recorded: Deployment, reader: Reader) -> None:
    assert recorded.call("read_history", HISTORY_PROBE) == {}
    reader.down = True
    with pytest.raises(DependencyUnavailable):
        recorded.call("read_history", HISTORY_PROBE)
