"""Subscriptions on DynamoDB: the contract, and what only the table has: rows, shards, expiry."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from order_engine.adapters.dynamodb.subscriptions import (
    ALL_SHARDS,
    ROW_LIFETIME,
    DynamoDBSubscriptions,
    subscription_from,
)
from order_engine.application.errors import DependencyUnavailable
from order_engine.application.identity import ANYONE
from order_engine.application.ports import Subscription
from order_engine.application.targets import ALL
from order_engine.fakes.process import ManualClock
from tests.contracts.subscriptions import SubscriptionsContract, new_connection, new_target
from tests.support.callers import ALICE

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def on_dynamodb(dynamodb: DynamoDBClient) -> DynamoDBSubscriptions:
    return DynamoDBSubscriptions(dynamodb, "ConnectionsTable", ManualClock())


class TestSubscriptions(SubscriptionsContract):
    @pytest.fixture
    def subscriptions(self, on_dynamodb: DynamoDBSubscriptions) -> DynamoDBSubscriptions:
        return on_dynamodb


def rows(table: DynamoDBSubscriptions) -> list[Any]:
    return table.client.scan(TableName=table.table)["Items"]


def test_renewing_changes_the_row_so_that_the_stream_has_a_record(on_dynamodb: DynamoDBSubscriptions) -> None:
    """DynamoDB writes no stream record for an item that is put as it was."""
    subscription = Subscription(new_target(), new_connection(on_dynamodb))
    on_dynamodb.add(subscription)
    before = [row for row in rows(on_dynamodb) if "afterSeq" in row]
    on_dynamodb.add(subscription)
    after = [row for row in rows(on_dynamodb) if "afterSeq" in row]
    assert len(before) == len(after) == 1
    assert before != after
    assert subscription_from(before[0]) == subscription_from(after[0]) == subscription


def test_only_a_subscriptions_row_is_one_to_the_stream(on_dynamodb: DynamoDBSubscriptions) -> None:
    first = Subscription(new_target(), "a", 2, ALICE)
    on_dynamodb.connect("a", ALICE, first)
    read = [subscription_from(row) for row in rows(on_dynamodb)]
    assert sorted(read, key=str) == sorted([None, first], key=str)


def test_the_all_channel_is_spread_over_its_shards(on_dynamodb: DynamoDBSubscriptions) -> None:
    for _ in range(30):
        on_dynamodb.add(Subscription(ALL, new_connection(on_dynamodb)))
    partitions = {row["target"]["S"] for row in rows(on_dynamodb) if "afterSeq" in row}
    assert len(partitions) == ALL_SHARDS
    assert {found.target for found in on_dynamodb.subscribers(ALL)} == {ALL}


def test_every_row_expires_after_the_gateway_has_ended_the_connection(on_dynamodb: DynamoDBSubscriptions) -> None:
    on_dynamodb.connect("a", ALICE, Subscription(new_target(), "a"))
    now = int(on_dynamodb.clock.now().timestamp())
    assert {row["expiresAt"]["N"] for row in rows(on_dynamodb)} == {str(now + ROW_LIFETIME)}
    assert ROW_LIFETIME > 7_200


def test_a_connection_that_ends_leaves_no_row_behind(on_dynamodb: DynamoDBSubscriptions) -> None:
    on_dynamodb.connect("a", ANYONE, Subscription(new_target(), "a"))
    on_dynamodb.add(Subscription(ALL, "a"))
    on_dynamodb.disconnect("a")
    assert rows(on_dynamodb) == []


def test_removing_after_the_connection_has_ended_does_not_bring_it_back(on_dynamodb: DynamoDBSubscriptions) -> None:
    """An update would create the connection's row again, and with it the right to subscribe."""
    target = new_target()
    on_dynamodb.connect("a", ANYONE, Subscription(target, "a"))
    on_dynamodb.disconnect("a")
    on_dynamodb.remove(target, "a")
    assert rows(on_dynamodb) == []


def test_a_table_that_does_not_answer_is_an_unavailable_dependency(on_dynamodb: DynamoDBSubscriptions) -> None:
    broken, subscription = replace(on_dynamodb, table="missing"), Subscription(new_target(), "a")
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        broken.connect("a", ANYONE, None)
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        broken.add(subscription)
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        broken.remove(subscription.target, "a")
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        broken.disconnect("a")
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        broken.subscribers(subscription.target)
