"""The counters: the numbers of orders by status, and how many orders a user may still place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from order_engine.adapters.dynamodb_counters import DynamoDBRateLimiter, DynamoDBStatusCounts
from order_engine.application.ports import Allowance, Census, StatusCounts
from order_engine.domain.errors import DependencyUnavailable, RateLimited
from order_engine.fakes.history import InMemoryStatusCounts
from order_engine.fakes.process import ManualClock
from tests.support.orders import START

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

INTO_THE_MINUTE = START + timedelta(seconds=18)
NOW = 1_772_366_400_000_000
"""Microseconds."""


@pytest.fixture
def limiter(dynamodb: DynamoDBClient) -> DynamoDBRateLimiter:
    return DynamoDBRateLimiter(dynamodb, "CountersTable", ManualClock(INTO_THE_MINUTE), limit=5)


@pytest.fixture(params=["in memory", "on DynamoDB"])
def counts(request: pytest.FixtureRequest) -> StatusCounts:
    if request.param == "in memory":
        return InMemoryStatusCounts()
    return DynamoDBStatusCounts(request.getfixturevalue("dynamodb"), "CountersTable")


def test_before_the_first_order_there_are_no_counts(counts: StatusCounts) -> None:
    assert counts.read() == {}


def test_counts_are_replaced_as_a_whole(counts: StatusCounts) -> None:
    counts.publish(Census(NOW, {"pending": 3, "confirmed": 2**40}))
    counts.publish(Census(NOW + 1, {"confirmed": 2**40 + 3}))
    assert counts.read() == {"confirmed": 2**40 + 3}


def test_counts_of_an_earlier_moment_come_too_late(counts: StatusCounts) -> None:
    counts.publish(Census(NOW, {"confirmed": 4}))
    counts.publish(Census(NOW - 1, {"confirmed": 3}))
    assert counts.read() == {"confirmed": 4}


def test_a_user_may_place_as_many_orders_as_allowed_and_not_one_more(limiter: DynamoDBRateLimiter) -> None:
    assert [limiter.admit("alice") for _ in range(5)] == [Allowance(5, left, 42) for left in (4, 3, 2, 1, 0)]
    with pytest.raises(RateLimited) as refused:
        limiter.admit("alice")
    assert (refused.value.limit, refused.value.retry_after) == (5, 42)


def test_another_user_is_not_affected(limiter: DynamoDBRateLimiter) -> None:
    for _ in range(5):
        limiter.admit("alice")
    assert limiter.admit("bob") == Allowance(5, 4, 42)


def test_the_next_minute_begins_anew(limiter: DynamoDBRateLimiter) -> None:
    for _ in range(5):
        limiter.admit("alice")
    later = replace(limiter, clock=ManualClock(INTO_THE_MINUTE + timedelta(seconds=42)))
    assert later.admit("alice") == Allowance(5, 4, 60)


def test_refused_orders_do_not_count(limiter: DynamoDBRateLimiter) -> None:
    for _ in range(5):
        limiter.admit("alice")
    for _ in range(3):
        with pytest.raises(RateLimited):
            limiter.admit("alice")
    assert replace(limiter, limit=6).admit("alice").remaining == 0


def test_of_many_at_once_exactly_the_allowed_number_gets_through(limiter: DynamoDBRateLimiter) -> None:
    def admitted(_: int) -> bool:
        try:
            limiter.admit("alice")
        except RateLimited:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(admitted, range(20))) == 5


def test_counters_expire_after_their_window(limiter: DynamoDBRateLimiter) -> None:
    limiter.admit("alice")
    (item,) = limiter.client.scan(TableName="CountersTable")["Items"]
    end_of_minute = START + timedelta(seconds=60)
    assert int(item["expiresAt"]["N"]) >= end_of_minute.timestamp()


def test_a_table_that_does_not_answer_is_an_unavailable_dependency(limiter: DynamoDBRateLimiter) -> None:
    counts = DynamoDBStatusCounts(limiter.client, "missing")
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        replace(limiter, table="missing").admit("alice")
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        counts.publish(Census(NOW, {}))
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        counts.read()
