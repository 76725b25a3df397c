"""Connections that are dead, closed or slow: exactly their own rows go, and nobody waits for them.

A connection that is gone without its `$disconnect` can't be had from a gateway at will: its rows are written by hand.
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
from tests.support.sockets import rows_by_connection, subscribe
from tests.support.stored import append_step, stopped

Place = Callable[..., str]
Socket = Callable[..., Any]

GHOSTS = 20


@pytest.fixture
def subscriptions(cloud: LocalCloud) -> DynamoDBSubscriptions:
    return DynamoDBSubscriptions(cloud.session.client("dynamodb"), cloud.outputs["ConnectionsTableName"], SystemClock())


def haunt(subscriptions: DynamoDBSubscriptions, *targets: str) -> str:
    """Write the rows of a connection that has long been gone; return its id."""
    ghost = f"ghost-{uuid4()}"
    subscriptions.connect(ghost, None, None)
    for target in targets:
        subscriptions.add(Subscription(target, ghost))
    return ghost


def is_confirmed(order_id: str) -> Callable[[Message], bool]:
    return lambda message: (message.get("orderId"), message.get("status")) == (order_id, "confirmed")


def test_exactly_the_rows_of_who_is_gone_disappear(
    cloud: LocalCloud, subscriptions: DynamoDBSubscriptions, place: Place, socket: Socket
) -> None:
    others = rows_by_connection(cloud).keys()  # of tests before, about to be forgotten
    with socket() as connection, stopped(cloud, "ProcessOrdersFunctionName"):
        (connection_id,) = rows_by_connection(cloud).keys() - others
        order_id, another = place(userId="owner"), str(uuid4())
        subscribe(connection, orderId=order_id)
        subscribe(connection, channel="all")
        own = rows_by_connection(cloud)[connection_id]
        with stopped(cloud, "PushUpdatesFunctionName"):
            targets = order_target(order_id), order_target(another), user_target("owner"), ALL
            ghost = haunt(subscriptions, *targets)
            assert len(rows_by_connection(cloud)[ghost]) == len(targets) + 1
            append_step(cloud, order_id, "cancelled")
        heard = messages_until(connection, lambda message: message.get("status") == "cancelled")
        assert heard[-1]["seq"] == 2
        left = eventually(lambda: rows_by_connection(cloud), lambda rows: ghost not in rows)
        assert (len(own), left[connection_id]) == (3, own)


def test_a_subscription_of_who_has_gone_meanwhile_is_removed(
    cloud: LocalCloud, subscriptions: DynamoDBSubscriptions, place: Place
) -> None:
    with stopped(cloud, "PushUpdatesFunctionName"):
        order_id = place()
        ghosts = {haunt(subscriptions, order_target(order_id)), haunt(subscriptions, ALL)}
    eventually(lambda: rows_by_connection(cloud).keys(), lambda rows: not rows & ghosts)


def test_the_dead_do_not_hold_up_the_living(
    cloud: LocalCloud, subscriptions: DynamoDBSubscriptions, place: Place, socket: Socket
) -> None:
    with socket("channel=all") as living:
        messages_until(living, lambda message: message["type"] == "subscribed")
        with stopped(cloud, "PushUpdatesFunctionName"):
            ghosts = {haunt(subscriptions, ALL, user_target("owner")) for _ in range(GHOSTS)}
            order_id = place(userId="owner")
        heard = messages_until(living, is_confirmed(order_id), seconds=5)
        assert [message["seq"] for message in heard if message["orderId"] == order_id] == [1, 2, 3, 4, 5]
        eventually(lambda: rows_by_connection(cloud).keys(), lambda rows: not rows & ghosts)


def test_a_client_that_does_not_read_does_not_hold_up_the_others(
    cloud: LocalCloud, place: Place, socket: Socket
) -> None:
    with connect(f"{cloud.settings.websocket_url}?channel=all", max_queue=1, close_timeout=0.1), socket() as awake:
        subscribe(awake, channel="all")
        waiting = {place() for _ in range(20)}
        while waiting:
            heard = messages_until(awake, lambda message: message.get("status") == "confirmed", seconds=10)
            waiting.discard(heard[-1]["orderId"])


def test_a_cut_connection_is_forgotten(cloud: LocalCloud, socket: Socket) -> None:
    before = rows_by_connection(cloud).keys()
    with socket("channel=all") as connection:
        messages_until(connection, lambda message: message["type"] == "subscribed")
        (connection_id,) = rows_by_connection(cloud).keys() - before
        connection.socket.shutdown(SHUT_RDWR)
        eventually(lambda: connection_id not in rows_by_connection(cloud))
