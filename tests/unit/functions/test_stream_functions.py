"""The two stream consumers: updates go to subscribers, and the history follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from order_engine.adapters.dynamodb.order_items import OrderItems
from order_engine.application.errors import DependencyUnavailable
from order_engine.application.identity import ANYONE
from order_engine.application.ports import StatusCounts, Subscription
from order_engine.application.targets import ALL, order_target
from order_engine.contracts.events import JsonEventCodec
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from order_engine.fakes.history import InMemoryHistory
from order_engine.fakes.orders import InMemoryOrderStore
from tests.support.events import ALICES_ORDER, BOBS_ORDER, CONNECTION, event
from tests.support.functions import Deployment
from tests.support.history import without_zeros
from tests.support.invariants import check_life

RECORDS = event("dynamodb_order_stream")["Records"]
IMAGES = [record["dynamodb"]["NewImage"] for record in RECORDS if "NewImage" in record["dynamodb"]]
ITEMS = OrderItems(JsonEventCodec())


def subscribe(deployed: Deployment, connection: str, target: str) -> None:
    deployed.engine.subscriptions.connect(connection, ANYONE, Subscription(target, connection))


def received(deployed: Deployment, connection: str, order_id: str) -> list[int]:
    return [frame["seq"] for frame in deployed.frames(connection) if frame["orderId"] == order_id]


@pytest.mark.parametrize("image", IMAGES)
def test_the_sample_images_are_what_the_table_holds(image: dict[str, Any]) -> None:
    order = ITEMS.from_item(image)
    check_life(order)
    closed = {"open", "dueAt"} if order.status.terminal else set()
    assert image == {name: value for name, value in ITEMS.to_item(order).items() if name not in closed}


def test_every_event_goes_to_its_subscribers(deployed: Deployment) -> None:
    subscribe(deployed, "watching alice's", order_target(ALICES_ORDER))
    subscribe(deployed, "watching all", ALL)
    deployed.call("push_updates", "dynamodb_order_stream")
    assert received(deployed, "watching alice's", ALICES_ORDER) == [1, 2, 3, 4, 5]
    assert received(deployed, "watching alice's", BOBS_ORDER) == []
    assert received(deployed, "watching all", ALICES_ORDER) == [1, 2, 3, 4, 5]
    assert received(deployed, "watching all", BOBS_ORDER) == [1, 2, 3]


def test_new_subscribers_get_a_snapshot_and_connections_and_expired_rows_get_nothing(deployed: Deployment) -> None:
    deployed.engine.orders.orders[ALICES_ORDER] = ITEMS.from_item(IMAGES[-1])
    deployed.call("push_updates", "dynamodb_subscription_stream")
    subscribed, snapshot = deployed.frames(CONNECTION)
    assert subscribed == {"type": "subscribed", "orderId": ALICES_ORDER}
    assert [event["seq"] for event in snapshot["events"]] == [3, 4, 5]
    (other,) = deployed.engine.clients.inboxes.keys() - {CONNECTION}
    assert deployed.frames(other) == [{"type": "subscribed", "channel": "all"}]


def test_deletions_are_neither_pushed_nor_recorded(deployed: Deployment) -> None:
    deployed.call("push_updates", {"Records": [RECORDS[-1]]})
    deployed.call("write_history", {"Records": [RECORDS[-1]]})
    assert (deployed.engine.clients.inboxes, deployed.ports.history.orders) == ({}, {})


def test_a_table_that_is_down_has_the_batch_retried(deployed: Deployment) -> None:
    class Down(InMemoryOrderStore):
        def load(self, order_id: str) -> Order:
            raise DependencyUnavailable(order_id)

    deployed.replace("orders", Down(JsonEventCodec()))
    with pytest.raises(DependencyUnavailable):
        deployed.call("push_updates", "dynamodb_subscription_stream")


def test_the_history_holds_the_newest_of_each_order_and_the_counts_follow(deployed: Deployment) -> None:
    for _ in range(2):  # a batch that is delivered again changes nothing
        deployed.call("write_history", "dynamodb_order_stream")
        assert {order.id: order.version for order in deployed.ports.history.orders.values()} == {
            ALICES_ORDER: 5,
            BOBS_ORDER: 3,
        }
        assert without_zeros(deployed.ports.published_counts.read()) == {"confirmed": 1, "pending": 1}
    assert deployed.ports.history.orders[ALICES_ORDER].status is Status.CONFIRMED


def test_counting_anew_publishes_what_is_there(deployed: Deployment) -> None:
    deployed.call("write_history", "dynamodb_order_stream")
    del deployed.ports.history.orders[BOBS_ORDER]
    assert deployed.call("write_history", {"recount": True}) is None
    assert without_zeros(deployed.ports.published_counts.read()) == {"confirmed": 1}


def test_without_postgres_the_batch_is_retried(deployed: Deployment) -> None:
    class Down(InMemoryHistory):
        def record(self, orders: Sequence[Order]) -> StatusCounts:
            raise DependencyUnavailable(f"{len(orders)} orders")

    deployed.replace("history", Down())
    with pytest.raises(DependencyUnavailable):
        deployed.call("write_history", "dynamodb_order_stream")
    assert deployed.ports.published_counts.read() == {}
