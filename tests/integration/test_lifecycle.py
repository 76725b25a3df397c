"""An order's life, seen over HTTP, over a WebSocket, in DynamoDB and in Postgres."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import DictRow
from websockets.exceptions import InvalidStatus

from local.cloud import LocalCloud
from tests.support.cloud import Message, eventually, messages_until
from tests.support.sockets import receive_to_the_end
from tests.support.stored import landed_swaps, stopped, stored_events

Place = Callable[..., str]
Ended = Callable[[str], Message]
Socket = Callable[..., Any]

HAPPY = ["pending", "routing", "building", "submitted", "confirmed"]


def test_a_client_that_connects_before_the_run_sees_every_step(cloud: LocalCloud, place: Place, socket: Socket) -> None:
    with ExitStack() as opened:
        with stopped(cloud, "ProcessOrdersFunctionName"):
            order_id = place()
            connection = opened.enter_context(socket(f"orderId={order_id}"))
            first = messages_until(connection, lambda message: message["type"] == "snapshot")
        rest = receive_to_the_end(connection, after_seq=1)
    assert [event["status"] for event in first[-1]["events"] + rest] == HAPPY
    assert [event["seq"] for event in first[-1]["events"] + rest] == [1, 2, 3, 4, 5]


def test_a_client_that_connects_during_the_run_sees_every_step(cloud: LocalCloud, place: Place, socket: Socket) -> None:
    with cloud.parameters(ExecutionLatencyMs="1500"):
        order_id = place()
        with socket() as connection:
            eventually(lambda: stored_events(cloud, order_id)[-1]["status"], lambda status: status == "submitted")
            connection.send(f'{{"action": "subscribe", "orderId": "{order_id}"}}')
            events = receive_to_the_end(connection)
    assert [event["status"] for event in events] == HAPPY


def test_a_client_that_connects_afterwards_sees_every_step(place: Place, ended: Ended, socket: Socket) -> None:
    order_id = place()
    order = ended(order_id)
    with socket(f"orderId={order_id}") as connection:
        messages = messages_until(connection, lambda message: message["type"] == "snapshot")
    assert messages[-1]["events"] == order["events"]


def test_a_client_that_comes_back_gets_only_what_it_missed(place: Place, ended: Ended, socket: Socket) -> None:
    order_id = place()
    ended(order_id)
    with socket(f"orderId={order_id}&afterSeq=3") as connection:
        events = receive_to_the_end(connection, after_seq=3)
    assert [event["seq"] for event in events] == [4, 5]


def test_all_views_of_an_order_agree(
    cloud: LocalCloud,
    api: httpx.Client,
    place: Place,
    ended: Ended,
    socket: Socket,
    console: psycopg.Connection[DictRow],
) -> None:
    order_ids = [place(amountIn=str(amount)) for amount in range(1, 21)]
    for order_id in order_ids:
        order = ended(order_id)
        _wait_until_recorded(console, order)
        with socket(f"orderId={order_id}") as connection:
            streamed = receive_to_the_end(connection)
        history = api.get(f"/api/orders/{order_id}/history").raise_for_status().json()
        assert stored_events(cloud, order_id) == order["events"] == streamed == history["order"]["events"]
        assert history["order"] == order
        assert landed_swaps(cloud, order_id) == 1
        assert order["txHash"] == order["events"][2]["data"]["signature"]


def test_an_unknown_order_is_not_subscribed(socket: Socket) -> None:
    unknown = "01a1fc59-121a-7ddb-8732-cd9cdb1aed2e"
    with socket(f"orderId={unknown}") as connection:
        (message,) = messages_until(connection, lambda message: True)
    assert (message["type"], message["code"], message["orderId"]) == ("error", "order_not_found", unknown)


def test_a_connection_for_something_that_is_no_order_id_is_refused(socket: Socket) -> None:
    with pytest.raises(InvalidStatus):
        socket("orderId=nonsense")


def test_a_ping_is_answered(socket: Socket) -> None:
    with socket() as connection:
        connection.send('{"action": "ping", "requestId": "7"}')
        (message,) = messages_until(connection, lambda message: True)
    assert (message["type"], message["requestId"]) == ("pong", "7")


def _wait_until_recorded(console: psycopg.Connection[DictRow], order: Message) -> None:
    query = "SELECT seq FROM order_events WHERE order_id = %s"
    eventually(lambda: console.execute(query, [order["id"]]).fetchall(), lambda events: len(events) == order["version"])
