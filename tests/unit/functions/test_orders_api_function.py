"""The HTTP API, asked with the sample events."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from order_engine.adapters.process import SystemRandomness
from order_engine.application.errors import DependencyUnavailable
from order_engine.contracts.events import JsonEventCodec
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from order_engine.fakes.orders import InMemoryOrderStore
from tests.support.callers import ALICE, MALLORY, over_http
from tests.support.events import ALICES_ORDER, event, request
from tests.support.functions import Deployment
from tests.support.orders import CONFIRMED, after, new_order


def test_an_order_is_stored_queued_and_answered(deployed: Deployment) -> None:
    deployed.replace("randomness", SystemRandomness())
    status, headers, body = deployed.http("http_place_order")
    (order,) = deployed.stored()
    request_id = event("http_place_order")["requestContext"]["requestId"]
    assert status == 201
    assert body == {
        "success": True,
        "orderId": order.id,
        "status": "pending",
        "message": f"Order accepted. Follow it at wss://ws.example.org/dev?orderId={order.id}",
        "websocketUrl": f"wss://ws.example.org/dev?orderId={order.id}",
    }
    assert (headers["location"], headers["x-request-id"]) == (f"/api/orders/{order.id}", request_id)
    assert (headers["content-type"], headers["cache-control"]) == ("application/json", "no-store")
    assert (order.terms.amount_in, order.terms.slippage_bps, order.user_id) == (1_500_000_000, 100, "anonymous")
    assert UUID(order.id).version == 7
    assert deployed.queued() == [{"orderId": order.id, "correlationId": request_id}]


def test_the_request_of_older_clients_means_the_same(deployed: Deployment) -> None:
    status, _, body = deployed.http("http_place_order_alias")
    (order,) = deployed.stored()
    assert (status, body["orderId"]) == (201, order.id)
    assert (order.user_id, order.terms.amount_in, order.terms.slippage_bps) == ("alice", 10**9, 200)


def test_the_same_key_again_gives_the_same_answer_and_no_second_order(deployed: Deployment) -> None:
    first, headers, answer = deployed.http("http_place_order_idempotent")
    deployed.engine.clock.sleep(1)
    again, replayed, same = deployed.http("http_place_order_idempotent")
    assert (first, again) == (201, 200)
    assert same == answer
    assert ("idempotent-replayed" in headers, replayed["idempotent-replayed"]) == (False, "true")
    assert replayed["location"] == headers["location"]
    assert replayed["x-request-id"] == "my-request-1"
    assert len(deployed.stored()) == 1


def test_the_same_key_again_tells_the_orders_present_status(deployed: Deployment) -> None:
    _, _, accepted = deployed.http("http_place_order_idempotent")
    deployed.engine.work()
    again, _, replayed = deployed.http("http_place_order_idempotent")
    assert (again, accepted["status"]) == (200, "pending")
    assert replayed == accepted | {"status": "confirmed"}


def test_the_same_key_with_another_body_is_a_conflict(deployed: Deployment) -> None:
    deployed.http("http_place_order_idempotent")
    other = json.loads(event("http_place_order_idempotent")["body"]) | {"amountIn": 7}
    status, _, body = deployed.http(request("http_place_order_idempotent", other))
    assert (status, body["code"]) == (409, "idempotency_conflict")
    assert len(deployed.stored()) == len(deployed.queued()) == 1


def test_a_body_may_be_base64_and_its_type_left_out(deployed: Deployment) -> None:
    given = event("http_place_order")
    given |= {"body": "eyJ0b2tlbkluIjoiU09MIiwidG9rZW5PdXQiOiJVU0RDIiwiYW1vdW50SW4iOjF9", "isBase64Encoded": True}
    del given["headers"]["content-type"]
    assert deployed.http(given)[0] == 201


@pytest.mark.parametrize("steps", [(), CONFIRMED])
def test_an_order_is_shown_as_it_is_now(deployed: Deployment, steps: tuple[Status, ...]) -> None:
    order = store(deployed, *steps)
    status, _, body = deployed.http("http_get_order")
    assert (status, body["success"]) == (200, True)
    assert (body["order"]["id"], body["order"]["status"]) == (ALICES_ORDER, order.status)
    assert [event["seq"] for event in body["order"]["events"]] == list(range(1, order.version + 1))


def test_an_order_is_cancelled_once_and_stays_so(deployed: Deployment) -> None:
    store(deployed)
    for _ in range(2):
        status, _, body = deployed.http("http_cancel_order")
        assert (status, body["order"]["status"], body["order"]["version"]) == (200, "cancelled", 2)


def test_it_may_be_too_late_to_cancel(deployed: Deployment) -> None:
    order = store(deployed, *CONFIRMED[:2])
    status, _, body = deployed.http("http_cancel_order")
    assert (status, body["code"]) == (409, "too_late_to_cancel")
    assert deployed.stored() == [order]


@pytest.mark.parametrize("name", ["http_get_order", "http_cancel_order"])
def test_somebody_elses_order_is_answered_like_an_unknown_one(deployed: Deployment, name: str) -> None:
    deployed.set(AUTH_MODE="cognito")
    unknown = deployed.http(over_http(MALLORY, event(name)))
    order = store(deployed)
    assert deployed.http(over_http(MALLORY, event(name))) == unknown
    assert unknown[0] == 404
    assert deployed.stored() == [order]
    assert deployed.http(over_http(ALICE, event(name)))[0] == 200


def test_an_authenticated_user_places_orders_in_their_own_name(deployed: Deployment) -> None:
    deployed.set(AUTH_MODE="cognito")
    assert deployed.http(over_http(ALICE, event("http_place_order")))[0] == 201
    assert [order.user_id for order in deployed.stored()] == ["alice"]


def test_a_queue_that_is_down_does_not_refuse_the_order(deployed: Deployment) -> None:
    def send(_: Order) -> None:
        raise DependencyUnavailable("SQS did not answer")

    deployed.replace("queue", type("Down", (), {"send": staticmethod(send)})())
    assert deployed.http("http_place_order")[0] == 201
    assert len(deployed.stored()) == 1


@pytest.mark.parametrize("mistake", [DependencyUnavailable("DynamoDB: arn:aws:secret"), RuntimeError("secret")])
def test_a_failure_is_answered_without_internal_details(deployed: Deployment, mistake: Exception) -> None:
    class Down(InMemoryOrderStore):
        def create(self, order: Order) -> Order | None:
            raise mistake

    deployed.replace("orders", Down(JsonEventCodec()))
    status, headers, body = deployed.http("http_place_order")
    assert (status, body["code"]) in {(503, "service_unavailable"), (500, "internal_error")}
    assert headers["content-type"] == "application/problem+json"
    assert "secret" not in json.dumps(body)
    assert deployed.queued() == []


def store(deployed: Deployment, *steps: Status) -> Order:
    """Store the order that the events are about."""
    order = after(new_order(ALICES_ORDER, "alice"), *steps)
    deployed.engine.orders.orders[order.id] = order
    return order
