"""One id leads from the request through queue, events, WebSocket messages and logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from local.cloud import LocalCloud
from tests.support.cloud import ORDER, Message, eventually, messages_until
from tests.support.logs import log_records
from tests.support.stored import peek, stopped

Ended = Callable[[str], Message]
Socket = Callable[..., Any]


def test_the_callers_id_goes_all_the_way(cloud: LocalCloud, api: httpx.Client, ended: Ended, socket: Socket) -> None:
    request_id = f"test {uuid4()}"
    with socket("channel=all") as connection:
        messages_until(connection, lambda message: message["type"] == "subscribed")
        with stopped(cloud, "ProcessOrdersFunctionName"):
            answer = api.post("/api/orders/execute", json=ORDER, headers={"X-Request-Id": request_id})
            order_id = answer.json()["orderId"]
            (message,) = peek(cloud, "OrdersQueueUrl")
        received = messages_until(
            connection, lambda message: (message.get("orderId"), message.get("status")) == (order_id, "confirmed")
        )
    assert answer.headers["X-Request-Id"] == request_id
    assert json.loads(message["Body"]) == {"orderId": order_id, "correlationId": request_id}
    about = [message for message in received if message.get("orderId") == order_id]
    assert [message["correlationId"] for message in about] == [request_id] * 5
    order = ended(order_id)
    assert order["correlationId"] == request_id
    assert order["events"][0]["data"]["correlationId"] == request_id
    logged = eventually(
        lambda: {record["service"] for record in log_records(cloud) if record.get("correlation_id") == request_id},
        lambda services: {"orders_api", "process_orders"} <= services,
    )
    assert logged


def test_without_one_it_is_the_gateways(cloud: LocalCloud, api: httpx.Client, ended: Ended) -> None:
    answer = api.post("/api/orders/execute", json=ORDER)
    request_id = answer.headers["X-Request-Id"]
    assert request_id
    assert ended(answer.json()["orderId"])["correlationId"] == request_id
    assert eventually(lambda: [r for r in log_records(cloud) if r.get("correlation_id") == request_id])


def test_a_frame_that_places_an_order_leads_on_in_the_same_way(socket: Socket, ended: Ended) -> None:
    with socket() as connection:
        connection.send(json.dumps({"action": "execute_order", **ORDER}))
        messages = messages_until(connection, lambda message: message.get("status") == "confirmed")
    ids = {message["correlationId"] for message in messages if message["type"] in ("snapshot", "status_update")}
    assert len(ids) == 1
    assert ids == {ended(messages[-1]["orderId"])["correlationId"]}


@pytest.mark.parametrize("given", ["", "x" * 129, "ümläut"])
def test_an_id_that_is_none_is_replaced(api: httpx.Client, given: str) -> None:
    answer = api.get("/health", headers=[(b"X-Request-Id", given.encode())])
    assert answer.status_code == 200
    assert answer.headers["X-Request-Id"] not in ("", given)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/orders", 400),
        ("GET", "/api/orders/nonsense", 400),
        ("GET", "/api/nothing", 404),
        ("GET", "/api/orders?limit=x", 422),
        ("DELETE", f"/api/orders/{uuid4()}", 404),
    ],
)
def test_refusals_carry_it_too(api: httpx.Client, method: str, path: str, status: int) -> None:
    answer = api.request(method, path, headers={"X-Request-Id": "refused-1", "Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (status, "refused-1")
    assert answer.headers["content-type"] == "application/problem+json"
