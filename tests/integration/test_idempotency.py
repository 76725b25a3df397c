"""The same request twice is one order, with one answer but for the order's present status, however the two come.

Where authentication is on, each answer has a ticket of its own, as each opens one connection only.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local.cloud import LocalCloud
from tests.support.cloud import ORDER, Message
from tests.support.identity import identity_headers
from tests.support.stored import landed_swaps, scan

Ended = Callable[[str], Message]
Send = Callable[..., httpx.Response]


@pytest.fixture(params=["header", "clientOrderId"])
def send(request: pytest.FixtureRequest, api: httpx.Client, cloud: LocalCloud) -> Send:
    """Give what places an order with a key: a new one for each test, the same one within a test."""
    key = f"key {uuid4()}"

    def send(**changes: Any) -> httpx.Response:
        body, headers = ORDER | changes, identity_headers(cloud, changes.get("userId"))
        if request.param == "header":
            headers["Idempotency-Key"] = key
        else:
            body = {"clientOrderId": key} | body
        return api.post("/api/orders/execute", json=body, headers=headers)

    return send


def lasting(answer: httpx.Response) -> Message:
    """Return what is the same in every answer: all but the status and the ticket."""
    body: Message = answer.json()
    address, _, _ = body["websocketUrl"].partition("&ticket=")
    return {name: value for name, value in body.items() if name != "status"} | {"websocketUrl": address}


def test_the_same_again_gives_the_same_answer_but_for_the_status(cloud: LocalCloud, send: Send, ended: Ended) -> None:
    first = send()
    order_id = first.json()["orderId"]
    at_once = send()
    ended(order_id)
    later = send(amountIn="1.50")  # the same amount, written otherwise
    assert (first.status_code, first.json()["status"]) == (201, "pending")
    assert later.json()["status"] == "confirmed"
    assert "Idempotent-Replayed" not in first.headers
    for again in (at_once, later):
        assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
        assert lasting(again) == lasting(first)
        assert again.headers["Location"] == first.headers["Location"] == f"/api/orders/{order_id}"
    assert landed_swaps(cloud, order_id) == 1


@pytest.mark.parametrize(
    "changes",
    [{"amountIn": "1.6"}, {"slippage": "0.02"}, {"tokenOut": "JUP"}, {"minAmountOut": "1"}],
    ids=lambda changes: next(iter(changes)),
)
def test_the_same_key_for_another_order_is_a_conflict(send: Send, ended: Ended, changes: dict[str, str]) -> None:
    order_id = send().json()["orderId"]
    before = ended(order_id)
    answer = send(**changes)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")
    assert ended(order_id) == before


def test_fifty_at_once_are_one_order_with_one_answer(cloud: LocalCloud, send: Send, ended: Ended) -> None:
    before = {item["orderId"]["S"] for item in scan(cloud, "OrdersTableName")}
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda _: send(userId="dora"), range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    bodies = [lasting(answer) for answer in answers]
    assert all(body == bodies[0] for body in bodies)
    added = {item["orderId"]["S"] for item in scan(cloud, "OrdersTableName")} - before
    assert added == {bodies[0]["orderId"]}
    assert ended(bodies[0]["orderId"])["status"] == "confirmed"
    assert landed_swaps(cloud, bodies[0]["orderId"]) == 1


def test_a_key_is_its_users_own(send: Send) -> None:
    orders = {send(userId=user).json()["orderId"] for user in ("alice", "bob", "alice")}
    assert len(orders) == 2


@pytest.mark.parametrize("key", ["", "x" * 129])
def test_a_key_that_is_none_is_refused(api: httpx.Client, key: str) -> None:
    answer = api.post("/api/orders/execute", json=ORDER, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
