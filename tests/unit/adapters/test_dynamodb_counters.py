"""The counters on DynamoDB: the contracts, and what only the table has: expiry, failures."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from order_engine.adapters.dynamodb.counters import DynamoDBPublishedCounts, DynamoDBRateLimiter
from order_engine.application.errors import DependencyUnavailable
from order_engine.application.ports import StatusCounts
from order_engine.fakes.process import ManualClock
from tests.contracts.counters import INTO_THE_MINUTE, NOW, NewLimiter, PublishedCountsContract, RateLimiterContract
from tests.support.orders import START

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def limiter(dynamodb: DynamoDBClient) -> DynamoDBRateLimiter:
    return DynamoDBRateLimiter(dynamodb, "CountersTable", ManualClock(INTO_THE_MINUTE), limit=5)


class TestPublishedCounts(PublishedCountsContract):
    @pytest.fixture
    def counts(self, dynamodb: DynamoDBClient) -> DynamoDBPublishedCounts:
        return DynamoDBPublishedCounts(dynamodb, "CountersTable")


class TestRateLimiter(RateLimiterContract):
    @pytest.fixture
    def new_limiter(self, dynamodb: DynamoDBClient) -> NewLimiter:
        return lambda clock, limit: DynamoDBRateLimiter(dynamodb, "CountersTable", clock, limit)


def test_counters_expire_after_their_window(limiter: DynamoDBRateLimiter) -> None:
    limiter.admit("alice")
    (item,) = limiter.client.scan(TableName="CountersTable")["Items"]
    end_of_minute = START + timedelta(seconds=60)
    assert int(item["expiresAt"]["N"]) >= end_of_minute.timestamp()


def test_a_table_that_does_not_answer_is_an_unavailable_dependency(limiter: DynamoDBRateLimiter) -> None:
    counts = DynamoDBPublishedCounts(limiter.client, "missing")
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        replace(limiter, table="missing").admit("alice")
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        counts.publish(StatusCounts(NOW, {}))
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        counts.read()
