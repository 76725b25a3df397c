"""The WebSocket API: connections come and go, and no frame is left without an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from order_engine.application.errors import ClientUnreachable
from order_engine.application.messages import Message
from order_engine.application.ports import Subscription
from order_engine.application.targets import ALL, order_target
from order_engine.contracts.frames import JsonFrameCodec
from order_engine.domain.events import Status
from order_engine.entrypoints import aws_ports
from order_engine.fakes.clients import InMemorySubscriptions
from tests.support.callers import ALICE, MALLORY, over_websocket
from tests.support.clients import ConnectedClients
from tests.support.events import ALICES_ORDER, CONNECTION, event, frame
from tests.support.functions import Deployment, FunctionPorts
from tests.support.orders import CONFIRMED, after, new_order

TARGET = order_target(ALICES_ORDER)


@pytest.fixture
def connected(deployed: Deployment) -> Deployment:
    """Give a deployment with the connection that the sample events come from."""
    assert deployed.call("stream_gateway", "websocket_connect_bare") == {"statusCode": 200}
    return deployed


def send(deployed: Deployment, what: str | Mapping[str, Any]) -> list[Any]:
    """Send a frame, or the sample event of this name, and return what is new in the connection's inbox."""
    before = len(deployed.frames(CONNECTION))
    assert deployed.call("stream_gateway", what) == {"statusCode": 200}
    return deployed.frames(CONNECTION)[before:]


def store(deployed: Deployment, *steps: Status) -> None:
    deployed.engine.orders.orders[ALICES_ORDER] = after(new_order(ALICES_ORDER, "alice"), *steps)


@pytest.mark.parametrize(("name", "target"), [("websocket_connect_order", TARGET), ("websocket_connect_all", ALL)])
def test_a_connection_may_begin_with_a_subscription(deployed: Deployment, name: str, target: str) -> None:
    assert deployed.call("stream_gateway", name) == {"statusCode": 200}
    (subscription,) = deployed.engine.subscriptions.stream
    assert (subscription.target, subscription.connection_id) == (target, CONNECTION)
    assert subscription.connected_at == deployed.engine.clock.now()
    assert deployed.frames(CONNECTION) == []  # nothing can be posted before $connect has returned


def test_a_connection_may_begin_without(connected: Deployment) -> None:
    assert connected.engine.subscriptions.connections == {CONNECTION: set()}
    assert connected.engine.subscriptions.stream == []


def test_a_connection_for_an_invalid_order_id_is_refused(deployed: Deployment) -> None:
    assert deployed.call("stream_gateway", "websocket_connect_malformed_order_id") == {"statusCode": 400}
    assert deployed.engine.subscriptions.connections == {}


def test_an_authenticated_connection_is_the_users(deployed: Deployment) -> None:
    deployed.set(AUTH_MODE="cognito")
    deployed.call("stream_gateway", over_websocket(ALICE, event("websocket_connect_order")))
    assert [subscription.caller for subscription in deployed.engine.subscriptions.stream] == [ALICE]


def test_a_connection_that_ends_leaves_nothing_behind(deployed: Deployment) -> None:
    deployed.call("stream_gateway", "websocket_connect_order")
    assert deployed.call("stream_gateway", "websocket_disconnect") == {"statusCode": 200}
    assert (deployed.engine.subscriptions.rows, deployed.engine.subscriptions.connections) == ({}, {})


@pytest.mark.parametrize("route", ["$connect", "$disconnect"])
def test_a_frame_stays_a_frame_whatever_route_its_action_chooses(deployed: Deployment, route: str) -> None:
    deployed.call("stream_gateway", "websocket_connect_order")
    given = frame({"action": route})
    given["requestContext"]["routeKey"] = route
    assert deployed.call("stream_gateway", given) == {"statusCode": 200}
    assert [told["code"] for told in deployed.frames(CONNECTION)] == ["unknown_action"]
    assert deployed.engine.subscriptions.connections == {CONNECTION: {TARGET}}


def test_subscribing_writes_the_row_whose_stream_record_is_answered(connected: Deployment) -> None:
    assert send(connected, "websocket_subscribe") == []
    assert connected.engine.subscriptions.stream == [Subscription(TARGET, CONNECTION, 2)]


def test_unsubscribing_is_confirmed(connected: Deployment) -> None:
    send(connected, "websocket_subscribe")
    assert send(connected, "websocket_unsubscribe") == [{"type": "unsubscribed", "orderId": ALICES_ORDER}]
    assert connected.engine.subscriptions.rows == {}


def test_an_order_is_accepted_queued_and_watched_from_its_first_event_on(connected: Deployment) -> None:
    (accepted,) = send(connected, "websocket_execute_order")
    (order,) = connected.stored()
    assert (accepted["type"], accepted["orderId"], accepted["requestId"]) == ("accepted", order.id, "r-1")
    assert (accepted["status"], accepted["replayed"]) == ("pending", False)
    assert connected.queued()[0]["orderId"] == order.id
    assert connected.engine.subscriptions.stream == [Subscription(order_target(order.id), CONNECTION)]


def test_an_order_that_was_placed_before_is_accepted_with_its_present_status(connected: Deployment) -> None:
    order = {"action": "execute_order", "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": 1, "clientOrderId": "mine"}
    (accepted,) = send(connected, frame(order))
    connected.engine.work()
    (replayed,) = send(connected, frame(order))
    assert (accepted["status"], accepted["replayed"]) == ("pending", False)
    assert replayed == accepted | {"status": "confirmed", "replayed": True}


def test_accepted_comes_before_the_orders_first_update(connected: Deployment) -> None:
    class Prompt(InMemorySubscriptions):
        """A table whose stream is read at once."""

        def add(self, subscription: Subscription) -> None:
            InMemorySubscriptions.add(self, subscription)
            connected.engine.pusher.push_snapshots([subscription])

    prompt = Prompt(connections=connected.engine.subscriptions.connections)
    connected.ports.subscriptions = prompt
    connected.replace("subscriptions", prompt)
    frames = send(connected, "websocket_execute_order")
    assert [frame["type"] for frame in frames] == ["accepted", "subscribed", "snapshot"]


def test_an_order_that_can_not_be_subscribed_to_is_accepted_all_the_same_and_the_client_told_both(
    connected: Deployment,
) -> None:
    connected.engine.subscriptions.limit = 0
    accepted, refused = send(connected, "websocket_execute_order")
    (order,) = connected.stored()
    assert (accepted["type"], accepted["orderId"]) == ("accepted", order.id)
    assert (refused["type"], refused["code"]) == ("error", "too_many_subscriptions")
    assert accepted["requestId"] == refused["requestId"] == "r-1"


def test_a_ping_is_answered_with_the_clients_own_id(connected: Deployment) -> None:
    assert send(connected, "websocket_ping") == [
        {"type": "pong", "timestamp": "2026-01-01T00:00:00.000Z", "requestId": "r-2"}
    ]


def test_an_order_is_shown(connected: Deployment) -> None:
    store(connected, *CONFIRMED)
    (told,) = send(connected, "websocket_get_order")
    assert (told["type"], told["order"]["id"], told["order"]["status"]) == ("order", ALICES_ORDER, "confirmed")


def test_an_order_is_cancelled_or_it_is_too_late(connected: Deployment) -> None:
    store(connected)
    (told,) = send(connected, "websocket_cancel_order")
    assert told["order"]["status"] == "cancelled"
    store(connected, *CONFIRMED[:2])
    (refused,) = send(connected, "websocket_cancel_order")
    assert (refused["type"], refused["code"]) == ("error", "too_late_to_cancel")


@pytest.mark.parametrize("name", ["websocket_get_order", "websocket_cancel_order"])
def test_somebody_elses_order_is_answered_like_an_unknown_one(connected: Deployment, name: str) -> None:
    connected.set(AUTH_MODE="cognito")
    unknown = send(connected, over_websocket(MALLORY, event(name)))
    store(connected)
    assert send(connected, over_websocket(MALLORY, event(name))) == unknown
    assert unknown[0]["code"] == "order_not_found"
    assert connected.stored()[0].status is Status.PENDING


@pytest.mark.parametrize(
    ("given", "code", "fields"),
    [
        (event("websocket_bad_json"), "invalid_json", None),
        (event("websocket_unknown_action"), "unknown_action", None),
        (frame(""), "invalid_json", None),
        (frame("\0"), "invalid_json", None),
        (frame("[" * 30_000), "invalid_json", None),
        (frame([]), "not_an_object", None),
        (frame({}), "unknown_action", None),
        (frame({"action": None}), "unknown_action", None),
        (frame({"action": ["ping"]}), "unknown_action", None),
        (frame({"action": "__class__"}), "unknown_action", None),
        (frame({"action": "ping", "more": 1}), "validation_failed", ["more"]),
        (frame({"action": "subscribe"}), "validation_failed", [""]),
        (frame({"action": "subscribe", "orderId": "42"}), "validation_failed", ["orderId"]),
        (frame({"action": "get_order"}), "validation_failed", ["orderId"]),
        (frame({"action": "execute_order", "tokenIn": "SOL"}), "validation_failed", ["tokenOut", "amountIn"]),
        (
            frame({"action": "execute_order", "tokenIn": "SOL", "tokenOut": "SOL", "amountIn": 1}),
            "validation_failed",
            ["tokenOut"],
        ),
    ],
)
def test_an_invalid_frame_is_answered_with_an_error(
    connected: Deployment, given: dict[str, Any], code: str, fields: list[str] | None
) -> None:
    (refused,) = send(connected, given)
    assert (refused["type"], refused["code"], bool(refused["message"])) == ("error", code, True)
    assert ([fault["field"] for fault in refused["errors"]] if fields else refused.get("errors")) == fields
    assert (connected.stored(), connected.engine.queue.messages) == ([], [])
    assert connected.engine.subscriptions.stream == []


def test_the_clients_own_id_is_repeated_even_with_an_error(connected: Deployment) -> None:
    (refused,) = send(connected, "websocket_unknown_action")
    assert refused["requestId"] == "r-3"
    assert "requestId" not in send(connected, frame({"action": "x", "requestId": 5}))[0]
    assert len(send(connected, frame({"action": "x", "requestId": "y" * 9_999}))[0]["requestId"]) == 128


def test_an_unexpected_failure_is_answered_without_internal_details(connected: Deployment) -> None:
    connected.replace("orders", object())
    (refused,) = send(connected, "websocket_get_order")
    assert (refused["code"], "object" in json.dumps(refused)) == ("internal_error", False)


def test_a_client_that_has_left_needs_no_answer(connected: Deployment) -> None:
    class Gone(ConnectedClients):
        def post(self, connection_id: str, message: Message) -> None:
            raise ClientUnreachable(f"{connection_id}: {message}")

    connected.replace("clients", Gone(JsonFrameCodec("")))
    assert connected.call("stream_gateway", "websocket_ping") == {"statusCode": 200}


@pytest.mark.parametrize(
    ("name", "ports"),
    [
        ("websocket_connect_order", {"subscriptions", "clock"}),
        ("websocket_disconnect", {"subscriptions", "clock"}),
        ("websocket_ping", {"subscriptions", "clock", "orders", "clients"}),
    ],
)
def test_an_event_makes_only_the_ports_that_it_needs(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch, name: str, ports: set[str]
) -> None:
    asked: set[str] = set()

    class Recording(FunctionPorts):
        def __getattr__(self, port: str) -> Any:
            asked.add(port)
            return super().__getattr__(port)

    monkeypatch.setattr(aws_ports, "AwsPorts", lambda settings: Recording(settings, deployed.ports, {}))
    deployed.call("stream_gateway", name)
    assert asked == ports
