"""Where users are authenticated, nobody reads, cancels, lists or watches another user's orders.

The deployed functions are invoked as a gateway with an authorizer invokes them: with the user's id in the context.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from websockets.sync.client import ClientConnection

from local.cloud import LocalCloud
from tests.support.cloud import ORDER, Message, eventually, messages_until
from tests.support.events import event
from tests.support.sockets import rows_by_connection
from tests.support.stored import stopped, stored_order

Place = Callable[..., str]
Ended = Callable[[str], Message]
Socket = Callable[..., Any]

ALICE, MALLORY = "alice", "mallory"


class User:
    """An authenticated user of the HTTP API."""

    def __init__(self, cloud: LocalCloud, name: str) -> None:
        self._cloud = cloud
        self._name = name

    def asks(self, function: str, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Message]:
        """Return status and body of the answer."""
        request = event("http_get_order") | {"rawPath": path, "rawQueryString": urlencode(query)}
        request["queryStringParameters"] = query
        request["requestContext"]["http"] |= {"method": method, "path": path}
        request["requestContext"]["authorizer"] = {"lambda": {"userId": self._name}}
        request["body"] = json.dumps(body)
        answer = invoke(self._cloud, function, request)
        return answer["statusCode"], json.loads(answer["body"])

    def order(self, method: str, order_id: str) -> tuple[int, Message]:
        return self.asks("OrdersApiFunctionName", method, f"/api/orders/{order_id}")

    def history(self, path: str = "/api/orders", **query: str) -> tuple[int, Message]:
        return self.asks("ReadHistoryFunctionName", "GET", path, **query)


def invoke(cloud: LocalCloud, function: str, payload: Any) -> Any:
    answer = cloud.session.client("lambda").invoke(
        FunctionName=cloud.outputs[function], Payload=json.dumps(payload).encode()
    )
    assert "FunctionError" not in answer
    return json.loads(answer["Payload"].read())


@pytest.fixture
def alice(cloud: LocalCloud) -> User:
    return User(cloud, ALICE)


@pytest.fixture
def mallory(cloud: LocalCloud) -> User:
    return User(cloud, MALLORY)


class Session:
    """An authenticated user's WebSocket connection: what is sent and received on it."""

    def __init__(self, cloud: LocalCloud, connection: ClientConnection, connection_id: str, user: str) -> None:
        self._cloud = cloud
        self._connection = connection
        self._connection_id = connection_id
        self._user = user

    def send(self, **frame: Any) -> None:
        message = event("websocket_subscribe") | {"body": json.dumps(frame)}
        message["requestContext"] |= {
            "connectionId": self._connection_id,
            "stage": self._cloud.settings.parameters.get("Stage", "dev"),
            "authorizer": {"userId": self._user},
        }
        invoke(self._cloud, "StreamGatewayFunctionName", message)

    def receive(self) -> Message:
        received: Message = json.loads(self._connection.recv(timeout=20))
        return received


@pytest.fixture
def session(cloud: LocalCloud, socket: Socket) -> Any:
    """Give what opens a connection for a user."""
    with ExitStack() as opened:

        def open_session(user: str) -> Session:
            before = rows_by_connection(cloud).keys()
            connection = opened.enter_context(socket())
            (connection_id,) = rows_by_connection(cloud).keys() - before
            return Session(cloud, connection, connection_id, user)

        yield open_session


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_anothers_order_is_as_unknown_as_one_that_is_not_there(
    cloud: LocalCloud, alice: User, mallory: User, place: Place, method: str
) -> None:
    with stopped(cloud, "ProcessOrdersFunctionName"):
        order_id = place(userId=ALICE)
        before = stored_order(cloud, order_id)
        status, answer = mallory.order(method, order_id)
        unknown = str(uuid4())
        same_status, same_answer = mallory.order(method, unknown)
        assert (status, answer["code"]) == (same_status, same_answer["code"]) == (404, "order_not_found")
        assert answer["detail"].replace(order_id, unknown) == same_answer["detail"]
        assert stored_order(cloud, order_id) == before
        assert alice.order(method, order_id)[0] == 200


def test_lists_and_histories_are_the_callers_own(alice: User, mallory: User, place: Place, ended: Ended) -> None:
    order = ended(place(userId=ALICE))
    path = f"/api/orders/{order['id']}/history"
    _, trail = eventually(lambda: alice.history(path), lambda answer: answer[0] == 200)
    assert trail["order"]["userId"] == ALICE
    assert mallory.history(path)[0] == 404
    assert order["id"] in [one["id"] for one in alice.history(limit="100")[1]["orders"]]
    for query in ({}, {"userId": ALICE}):
        status, answer = mallory.history(**query)
        assert status == 422 or ALICE not in {one["userId"] for one in answer["orders"]}


def test_orders_are_placed_in_ones_own_name_only(cloud: LocalCloud, mallory: User) -> None:
    place = "OrdersApiFunctionName", "POST", "/api/orders"
    status, answer = mallory.asks(*place, ORDER | {"userId": ALICE})
    assert (status, answer["errors"][0]["field"]) == (422, "userId")
    status, answer = mallory.asks(*place, ORDER)
    assert status == 201
    assert stored_order(cloud, answer["orderId"])["userId"] == MALLORY


def test_a_key_of_anothers_does_not_reach_their_order(alice: User, mallory: User) -> None:
    body = ORDER | {"clientOrderId": f"shared {uuid4()}"}
    place = "OrdersApiFunctionName", "POST", "/api/orders"
    (alices_status, alices), (mallorys_status, mallorys) = alice.asks(*place, body), mallory.asks(*place, body)
    assert (alices_status, mallorys_status) == (201, 201)
    assert alices["orderId"] != mallorys["orderId"]


@pytest.mark.parametrize("action", ["subscribe", "get_order", "cancel_order"])
def test_on_a_socket_it_is_unknown_too(cloud: LocalCloud, session: Any, place: Place, action: str) -> None:
    mallorys = session(MALLORY)
    with stopped(cloud, "ProcessOrdersFunctionName"):
        order_id = place(userId=ALICE)
        mallorys.send(action=action, orderId=order_id)
        refusal = mallorys.receive()
        assert stored_order(cloud, order_id)["status"] == "pending"
    assert (refusal["type"], refusal["code"]) == ("error", "order_not_found")
    assert ALICE not in json.dumps(refusal)


@pytest.mark.parametrize("target", [{"channel": "all"}, {"channel": "user"}, {"channel": "user", "userId": ALICE}])
def test_channels_tell_of_ones_own_orders_only(session: Any, place: Place, socket: Socket, target: Message) -> None:
    mallorys = session(MALLORY)
    mallorys.send(action="subscribe", **target)
    assert mallorys.receive()["type"] == "subscribed"
    with socket("channel=all") as everything:
        messages_until(everything, lambda message: message["type"] == "subscribed")
        alices = place(userId=ALICE)
        messages_until(everything, lambda m: (m.get("orderId"), m.get("status")) == (alices, "confirmed"))
    own = place(userId=MALLORY)
    received = [mallorys.receive() for _ in range(5)]
    assert {message["orderId"] for message in received} == {own}
