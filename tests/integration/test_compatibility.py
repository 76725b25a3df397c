"""Clients of the systems that this replaces work, as they are documented, against this one: docs/compatibility.md."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from local.cloud import LocalCloud
from tests.support.cloud import ORDER, Message, messages_until
from tests.support.identity import authenticates, identity_headers
from tests.support.sockets import receive_to_the_end
from tests.support.stored import landed_swaps

Place = Callable[..., str]
Ended = Callable[[str], Message]
Socket = Callable[..., Any]
AsUser = Callable[[str], dict[str, str]]

HAPPY = ["pending", "routing", "building", "submitted", "confirmed"]


def is_confirmed(message: Message) -> bool:
    return message.get("status") == "confirmed"


class TestHttp:
    def test_orders_are_placed_at_execute_with_numbers(self, api: httpx.Client, ended: Ended) -> None:
        body = {"orderType": "market", "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": 1.0, "slippage": 0.01}
        answer = api.post("/api/orders/execute", json=body)
        assert answer.status_code == 201
        accepted = answer.json()
        assert accepted["success"] is True
        assert accepted["status"] == "pending"
        assert accepted["message"]
        assert f"?orderId={accepted['orderId']}" in accepted["websocketUrl"]
        assert ended(accepted["orderId"])["status"] == "confirmed"

    def test_orders_are_placed_with_a_user_a_type_and_a_slippage_tolerance(
        self, api: httpx.Client, as_user: AsUser, ended: Ended
    ) -> None:
        body = {
            "userId": "user-1",
            "type": "market",
            "tokenIn": "SOL",
            "tokenOut": "USDC",
            "amountIn": "1",
            "slippageTolerance": "0.01",
        }
        answer = api.post("/api/orders", json=body, headers=as_user("user-1"))
        assert answer.status_code == 201
        order = ended(answer.json()["orderId"])
        assert (order["userId"], order["orderType"], order["slippage"]) == ("user-1", "market", "0.01")

    def test_an_order_is_read_by_its_id(self, api: httpx.Client, place: Place, ended: Ended) -> None:
        order_id = place(amountIn=1.0, slippage=0.01)
        ended(order_id)
        body = api.get(f"/api/orders/{order_id}").json()
        assert body["success"] is True
        told = {
            "id": order_id,
            "status": "confirmed",
            "orderType": "market",
            "tokenIn": "SOL",
            "tokenOut": "USDC",
            "amountIn": "1.0",
            "slippage": "0.01",
        }
        assert told.items() <= body["order"].items()
        assert body["order"]["createdAt"] <= body["order"]["updatedAt"]
        assert {"txHash", "executedPrice", "amountOut", "venue"} <= body["order"].keys()

    def test_metrics_tell_queue_and_orders(self, api: httpx.Client) -> None:
        body = api.get("/api/metrics").json()
        assert body["success"] is True
        assert body["queue"].keys() == {"waiting", "active", "delayed", "failed"}
        assert body["orders"].keys() == {*HAPPY, "failed", "cancelled", "total"}
        assert all(isinstance(number, int) for number in [*body["queue"].values(), *body["orders"].values()])

    def test_health_is_healthy(self, api: httpx.Client) -> None:
        answer = api.get("/health")
        assert (answer.status_code, answer.json()["status"]) == (200, "healthy")


class TestSockets:
    def test_one_connection_follows_one_order_by_its_query(self, place: Place, socket: Socket) -> None:
        order_id = place()
        with socket(f"orderId={order_id}") as connection:
            assert [event["status"] for event in receive_to_the_end(connection)] == HAPPY

    def test_the_address_in_the_answer_to_an_order_is_enough_to_follow_it(
        self, cloud: LocalCloud, api: httpx.Client
    ) -> None:
        accepted = api.post("/api/orders/execute", json=ORDER).json()
        assert ("&ticket=" in accepted["websocketUrl"]) == authenticates(cloud)
        with connect(accepted["websocketUrl"]) as connection:
            assert [event["status"] for event in receive_to_the_end(connection)] == HAPPY

    def test_one_connection_follows_all_orders(self, socket: Socket, place: Place) -> None:
        with socket("channel=all") as connection:
            messages_until(connection, lambda message: message["type"] == "subscribed")
            waiting = {place(), place()}
            while waiting:
                waiting.discard(messages_until(connection, is_confirmed)[-1]["orderId"])

    def test_one_socket_submits_and_receives_everything(self, cloud: LocalCloud, socket: Socket) -> None:
        with socket() as connection:
            connection.send('{"action":"execute_order","tokenIn":"SOL","tokenOut":"USDC","amountIn":5}')
            (accepted,) = messages_until(connection, lambda message: True)
            events = receive_to_the_end(connection)
        assert accepted["type"] == "accepted"
        assert [event["status"] for event in events] == HAPPY
        assert events[-1]["data"]["txHash"]
        assert landed_swaps(cloud, accepted["orderId"]) == 1

    @pytest.mark.parametrize(
        "path",
        [
            "/ws?orderId={id}",
            "/api/orders/execute?orderId={id}",
            "/api/orders/execute/ws?orderId={id}",
            "/api/orders/{id}/stream",
        ],
    )
    def test_an_order_is_followed_at_every_path(self, cloud: LocalCloud, place: Place, path: str) -> None:
        order_id = place()
        with _connect(cloud, path.format(id=order_id)) as connection:
            assert [event["status"] for event in receive_to_the_end(connection)] == HAPPY

    def test_all_orders_are_followed_at_stream_all(self, cloud: LocalCloud, place: Place) -> None:
        with _connect(cloud, "/api/orders/stream/all") as connection:
            messages_until(connection, lambda message: message == {"type": "subscribed", "channel": "all"})
            order_id = place()
            messages = messages_until(connection, lambda m: m.get("orderId") == order_id and is_confirmed(m))
        assert messages[-1]["data"]["txHash"]

    def test_a_bare_socket_is_opened_at_connect(self, cloud: LocalCloud) -> None:
        with _connect(cloud, "/api/orders/connect") as connection:
            connection.send(
                json.dumps({"action": "execute_order", "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": 5})
            )
            assert [event["status"] for event in receive_to_the_end(connection)] == HAPPY


def _connect(cloud: LocalCloud, path: str) -> ClientConnection:
    address = cloud.settings.url.replace("http", "ws", 1) + path
    return connect(address, additional_headers=identity_headers(cloud))
