"""Connections that are stale, closed or slow: exactly their own rows are removed, and nobody waits for them.

No gateway can be made to lose a `$disconnect`, so the rows of stale connections are written by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from socket import SHUT_RDWR
from typing import Any
from uuid import uuid4

import pytest
from websockets.sync.client import connect

from local.cloud import LocalCloud
from order_engine.adapters.dynamodb.subscriptions import DynamoDBSubscriptions
from order_engine.adapters.process import SystemClock
from order_engine.application.ports import Subscription
from order_engine.application.targets import ALL, order_target, user_target
from tests.support.cloud import Message, eventually, messages_until
from tests.support.identity import administrator, identity_headers
from tests.support.sockets import rows_by_connection, subscribe
from tests.support.stored import append_step, stopped

Place = Callable[..., str]
Socket = Callable[..., Any]

STALE = 20


@pytest.fixture
def subscriptions(cloud: LocalCloud) -> DynamoDBSubscriptions:
    return DynamoDBSubscriptions(cloud.session.client("dynamodb"), cloud.outputs["ConnectionsTableName"], SystemClock())


def stale_connection(cloud: LocalCloud, subscriptions: DynamoDBSubscriptions, *targets: str) -> str:
    """Write the rows of a connection whose client is gone; return its id."""
    stale = f"stale-{uuid4()}"
    caller = administrator(cloud)
    subscriptions.connect(stale, caller, None)
    for target in targets:
        subscriptions.add(Subscription(target, stale, caller=caller))
    return stale


def is_confirmed(order_id: str) -> Callable[[Message], bool]:
    return lambda message: (message.get("orderId"), message.get("status")) == (order_id, "confirmed")


def test_exactly_the_rows_of_a_stale_connection_are_removed(
    cloud: LocalCloud, subscriptions: DynamoDBSubscriptions, place: Place, socket: Socket
) -> None:
    others = rows_by_connection(cloud).keys()  # of tests before, about to be removed
    with socket() as connection, stopped(cloud, "ProcessOrdersFunctionName"):
        (connection_id,) = rows_by_connection(cloud).keys() - others
        order_id, another = place(userId="owner"), str(uuid4())
        subscribe(connection, orderId=order_id)
        subscribe(connection, channel="all")
        own = rows_by_connection(cloud)[connection_id]
        with stopped(cloud, "PushUpdatesFunctionName"):
            targets = order_target(order_id), order_target(another), user_target("owner"), ALL
            stale = stale_connection(cloud, subscriptions, *targets)
            assert len(rows_by_connection(cloud)[stale]) == len(targets) + 1
            append_step(cloud, order_id, "cancelled")
        received = messages_until(connection, lambda message: message.get("status") == "cancelled")
        assert received[-1]["seq"] == 2
        left = eventually(lambda: rows_by_connection(cloud), lambda rows: stale not in rows)
        assert (len(own), left[connection_id]) == (3, own)


def test_a_subscription_of_a_stale_connection_is_removed(
    cloud: LocalCloud, subscriptions: DynamoDBSubscriptions, place: Place
) -> None:
    with stopped(cloud, "PushUpdatesFunctionName"):
        order_id = place()
        stale = {
            stale_connection(cloud, subscriptions, order_target(order_id)),
            stale_connection(cloud, subscriptions, ALL),
        }
    eventually(lambda: rows_by_connection(cloud).keys(), lambda rows: not rows & stale)


def test_stale_connections_do_not_delay_the_others(
    cloud: LocalCloud, subscriptions: DynamoDBSubscriptions, place: Place, socket: Socket
) -> None:
    with socket("channel=all") as live:
        messages_until(live, lambda message: message["type"] == "subscribed")
        with stopped(cloud, "PushUpdatesFunctionName"):
            stale = {stale_connection(cloud, subscriptions, ALL, user_target("owner")) for _ in range(STALE)}
            order_id = place(userId="owner")
        received = messages_until(live, is_confirmed(order_id), seconds=5)
        assert [message["seq"] for message in received if message["orderId"] == order_id] == [1, 2, 3, 4, 5]
        eventually(lambda: rows_by_connection(cloud).keys(), lambda rows: not rows & stale)


def test_a_client_that_does_not_read_does_not_delay_the_others(cloud: LocalCloud, place: Place, socket: Socket) -> None:
    stream, headers = f"{cloud.settings.websocket_url}?channel=all", identity_headers(cloud)
    deaf = connect(stream, additional_headers=headers, max_queue=1, close_timeout=0.1)
    with deaf, socket() as reading:
        subscribe(reading, channel="all")
        waiting = {place() for _ in range(20)}
        while waiting:
            received = messages_until(reading, lambda message: message.get("status") == "confirmed", seconds=10)
            waiting.discard(received[-1]["orderId"])


def test_the_rows_of_a_cut_connection_are_removed(cloud: LocalCloud, socket: Socket) -> None:
    before = rows_by_connection(cloud).keys()
    with socket("channel=all") as connection:
        messages_until(connection, lambda message: message["type"] == "subscribed")
        (connection_id,) = rows_by_connection(cloud).keys() - before
        connection.socket.shutdown(SHUT_RDWR)
        eventually(lambda: connection_id not in rows_by_connection(cloud))
