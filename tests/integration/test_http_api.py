"""The routes of the HTTP API beside placing and reading: lists, history, cancelling, figures, health."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg.rows import DictRow

from local.cloud import LocalCloud
from tests.support.cloud import Message, eventually
from tests.support.stored import append_step, landed_swaps, queue_length, stopped, stored_order

Place = Callable[..., str]
Ended = Callable[[str], Message]
AsUser = Callable[[str], dict[str, str]]

NEVER_REACHED = "999999"
"""A minimum amount out that no venue offers."""


def listed(api: httpx.Client, **query: Any) -> Message:
    answer: Message = api.get("/api/orders", params=query).raise_for_status().json()
    return answer


def ids(page: Message) -> list[str]:
    return [order["id"] for order in page["orders"]]


@pytest.fixture(scope="module")
def user(api: httpx.Client, as_user: AsUser) -> str:
    """Give a user with seven confirmed orders that sell SOL, the newest last, and two that sell USDC."""
    user = f"lists-{uuid4()}"
    for token_in, token_out in [("SOL", "USDC")] * 7 + [("USDC", "SOL")] * 2:
        body = {"tokenIn": token_in, "tokenOut": token_out, "amountIn": "1", "userId": user}
        api.post("/api/orders", json=body, headers=as_user(user)).raise_for_status()
    eventually(lambda: ids(listed(api, userId=user, status="confirmed")), lambda found: len(found) == 9)
    return user


class TestLists:
    def test_pages_hold_each_order_once_newest_first_whatever_is_added_meanwhile(
        self, api: httpx.Client, user: str, place: Place
    ) -> None:
        found: list[Message] = []
        query: dict[str, Any] = {"userId": user, "status": "confirmed", "limit": 4}
        for size in (4, 4, 1):
            page = listed(api, **query)
            assert len(page["orders"]) == size
            found += page["orders"]
            query["cursor"] = page.get("nextCursor")
            place(userId=user, amountIn="1", minAmountOut=NEVER_REACHED)
        assert query["cursor"] is None
        times = [order["createdAt"] for order in found]
        assert times == sorted(times, reverse=True)
        assert len({order["id"] for order in found}) == 9
        assert found[0] == api.get(f"/api/orders/{found[0]['id']}").json()["order"]

    def test_filters_restrict_together(self, api: httpx.Client, user: str) -> None:
        assert len(ids(listed(api, userId=user, tokenIn="SOL", status="confirmed"))) == 7
        assert len(ids(listed(api, userId=user, tokenIn="USDC", status="confirmed"))) == 2
        assert listed(api, userId=user, tokenIn="USDC", status="cancelled") == {"success": True, "orders": []}
        assert listed(api, userId=f"nobody-{uuid4()}") == {"success": True, "orders": []}

    @pytest.mark.parametrize(
        ("parameter", "value", "code"),
        [
            ("limit", "0", "invalid_value"),
            ("limit", "101", "invalid_value"),
            ("status", "lost", "invalid_value"),
            ("tokenIn", "DOGE", "unknown_token"),
            ("cursor", "AAAA", "invalid_cursor"),
            ("colour", "red", "unknown_field"),
        ],
    )
    def test_a_bad_parameter_is_named(self, api: httpx.Client, parameter: str, value: str, code: str) -> None:
        answer = api.get("/api/orders", params={parameter: value})
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(parameter, code)]


def test_the_history_tells_of_each_failed_attempt(api: httpx.Client, place: Place, ended: Ended) -> None:
    order = ended(place(minAmountOut=NEVER_REACHED))
    assert (order["status"], order["error"]["code"]) == ("failed", "min_amount_out_not_met")
    path = f"/api/orders/{order['id']}/history"
    history = eventually(
        lambda: api.get(path), lambda answer: answer.is_success and answer.json()["order"] == order
    ).json()
    failures = history["failures"]
    assert [failure["attempt"] for failure in failures] == [1, 2, 3, 4]
    assert {failure["error"]["code"] for failure in failures} == {"min_amount_out_not_met"}
    events = {event["seq"]: event for event in order["events"]}
    assert all(events[failure["seq"]]["data"]["error"] == failure["error"] for failure in failures)


def test_the_history_of_an_unknown_order_is_not_found(api: httpx.Client) -> None:
    answer = api.get(f"/api/orders/{uuid4()}/history")
    assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")


class TestCancelling:
    @pytest.mark.parametrize("steps", [(), ("routing",)], ids=["pending", "routing"])
    def test_an_order_that_is_not_signed_is_cancelled_for_good(
        self, cloud: LocalCloud, api: httpx.Client, as_user: AsUser, place: Place, steps: tuple[str, ...]
    ) -> None:
        with stopped(cloud, "ProcessOrdersFunctionName"):
            order_id = place(userId="carol")
            for step in steps:
                append_step(cloud, order_id, step)
            cancelled = api.delete(f"/api/orders/{order_id}", headers=as_user("carol"))
            again = api.delete(f"/api/orders/{order_id}", headers=as_user("carol"))
        assert (cancelled.status_code, again.status_code) == (200, 200)
        assert cancelled.json() == again.json()
        order = cancelled.json()["order"]
        assert (order["status"], order["events"][-1]["data"]) == ("cancelled", {"by": "carol"})
        eventually(lambda: queue_length(cloud, "OrdersQueueUrl"), lambda length: length == 0)
        assert stored_order(cloud, order_id) == order
        assert landed_swaps(cloud, order_id) == 0

    def test_one_that_has_ended_can_not_be(self, api: httpx.Client, place: Place, ended: Ended) -> None:
        order = ended(place())
        answer = api.delete(f"/api/orders/{order['id']}")
        assert (answer.status_code, answer.json()["code"]) == (409, "too_late_to_cancel")
        assert answer.headers["content-type"] == "application/problem+json"
        assert ended(order["id"]) == order

    def test_an_unknown_one_is_not_found(self, api: httpx.Client) -> None:
        answer = api.delete(f"/api/orders/{uuid4()}")
        assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")


class TestFigures:
    def test_the_queue_is_counted(self, cloud: LocalCloud, api: httpx.Client, place: Place, ended: Ended) -> None:
        def queue() -> Message:
            answer: Message = api.get("/api/metrics").raise_for_status().json()["queue"]
            return answer

        eventually(queue, lambda figures: not any(figures.values()))
        with stopped(cloud, "ProcessOrdersFunctionName"):
            order_ids = [place(), place(), place()]
            assert eventually(queue, lambda figures: figures["waiting"] == 3) == {
                "waiting": 3,
                "active": 0,
                "delayed": 0,
                "failed": 0,
            }
        assert {ended(order_id)["status"] for order_id in order_ids} == {"confirmed"}

    def test_orders_are_counted_as_the_history_has_them(
        self, api: httpx.Client, console: psycopg.Connection[DictRow], place: Place, ended: Ended
    ) -> None:
        ended(place())

        def counted() -> dict[str, int]:
            rows = console.execute("SELECT status, count(*) AS n FROM orders GROUP BY status").fetchall()
            return {row["status"]: row["n"] for row in rows}

        def metrics() -> Message:
            return {name: n for name, n in api.get("/api/metrics").json()["orders"].items() if n}

        figures = eventually(metrics, lambda found: found == (now := counted()) | {"total": sum(now.values())})
        assert figures["confirmed"] >= 1


@contextmanager
def without_permission(cloud: LocalCloud, role: str, action: str) -> Iterator[None]:
    """Take a permission away from a function: to it, the service is down."""
    iam = cloud.session.client("iam")
    (name,) = (one["RoleName"] for one in iam.list_roles()["Roles"] if role in one["RoleName"])
    denial = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]}
    iam.put_role_policy(RoleName=name, PolicyName="denied", PolicyDocument=json.dumps(denial))
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName="denied")


class TestHealth:
    def test_all_is_well(self, api: httpx.Client) -> None:
        shallow, deep = api.get("/health"), api.get("/health/deep")
        assert shallow.json().keys() == {"status", "timestamp"}
        assert shallow.json()["status"] == "healthy"
        assert (deep.status_code, deep.json()["status"]) == (200, "healthy")
        assert deep.json()["dependencies"] == dict.fromkeys(("orders", "queue", "counters", "history"), "healthy")

    @pytest.mark.open_access
    def test_the_deep_form_has_a_second_address(self, api: httpx.Client) -> None:
        assert api.get("/health", params={"deep": "1"}).json().keys() == api.get("/health/deep").json().keys()

    @pytest.mark.signed_in
    def test_the_open_address_tells_nothing_of_the_dependencies(self, api: httpx.Client) -> None:
        refusal = api.get("/health", params={"deep": "1"})
        assert (refusal.status_code, refusal.json()["code"]) == (401, "unauthenticated")

    def test_without_postgres_orders_go_on_and_only_the_past_is_not_to_be_seen(
        self, cloud: LocalCloud, api: httpx.Client, place: Place, ended: Ended
    ) -> None:
        cloud.stop_postgres()
        try:
            health = api.get("/health/deep")
            history = api.get("/api/orders")
            assert ended(place())["status"] == "confirmed"
        finally:
            cloud.start_postgres()
        assert (health.status_code, health.json()["status"]) == (200, "degraded")
        assert health.json()["dependencies"]["history"] == "unhealthy"
        assert (history.status_code, history.json()["code"]) == (503, "service_unavailable")
        eventually(lambda: api.get("/health/deep").json()["status"], lambda it: it == "healthy")

    @pytest.mark.parametrize(
        ("action", "dependency"),
        [("dynamodb:GetItem", "orders"), ("sqs:GetQueueAttributes", "queue")],
    )
    def test_without_what_is_vital_it_says_so(
        self, cloud: LocalCloud, api: httpx.Client, action: str, dependency: str
    ) -> None:
        with without_permission(cloud, "OrdersApiRole", action):
            health = api.get("/health/deep")
            shallow = api.get("/health")
        assert (health.status_code, health.json()["status"]) == (503, "unhealthy")
        assert health.json()["dependencies"][dependency] == "unhealthy"
        assert shallow.status_code == 200
