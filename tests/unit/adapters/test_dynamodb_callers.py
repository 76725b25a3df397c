"""Whose a connection and its subscriptions are, as the table keeps it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from order_engine.adapters.dynamodb.callers import caller_attributes, caller_in
from order_engine.adapters.dynamodb.subscriptions import DynamoDBSubscriptions, subscription_from
from order_engine.application.errors import TokenExpired
from order_engine.application.identity import ANYONE, AuthMode, Caller, Scope, User, check_valid
from order_engine.application.ports import Subscription
from order_engine.application.targets import user_target
from order_engine.entrypoints.stream_records import new_subscriptions
from order_engine.fakes.process import ManualClock
from tests.support.callers import ALICE, NEVER, OLGA, user
from tests.support.events import event

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

EVERYBODY: list[Caller] = [
    ALICE,
    OLGA,
    ANYONE,
    user("a"),
    user("ünï\0", Scope.WRITE),
    user("reader", Scope.READ, expires_at=datetime(2026, 3, 1, tzinfo=UTC)),
    user("long ago", *Scope, expires_at=datetime(1970, 1, 1, tzinfo=UTC)),
]


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> DynamoDBSubscriptions:
    return DynamoDBSubscriptions(dynamodb, "ConnectionsTable", ManualClock())


def rows(table: DynamoDBSubscriptions) -> list[Any]:
    return table.client.scan(TableName=table.table)["Items"]


@pytest.mark.parametrize("caller", EVERYBODY, ids=lambda caller: repr(caller.user_id))
def test_a_caller_comes_back_as_it_was_written(caller: Caller) -> None:
    assert caller_in(caller_attributes(caller)) == caller


@pytest.mark.parametrize("caller", EVERYBODY, ids=lambda caller: repr(caller.user_id))
def test_every_row_of_a_connection_says_whose_it_is(table: DynamoDBSubscriptions, caller: Caller) -> None:
    table.connect("a", caller, Subscription(user_target("x"), "a", 0, caller))
    table.add(Subscription(user_target("y"), "a", 3, caller))
    assert [caller_in(row) for row in rows(table)] == [caller] * 3
    assert {one.caller for target in "xy" for one in table.subscribers(user_target(target))} == {caller}


def test_an_item_says_no_more_of_a_caller_than_it_must(table: DynamoDBSubscriptions) -> None:
    table.connect("a", ALICE, None)
    (row,) = rows(table)
    assert row["userId"] == {"S": "alice"}
    assert row["scopes"] == {"S": "orders/read orders/write"}
    assert row["tokenExpiresAt"] == {"N": str(int(NEVER.timestamp()))}
    assert caller_attributes(ANYONE) == {}


def test_a_renewed_row_is_still_its_callers(table: DynamoDBSubscriptions) -> None:
    first = Subscription(user_target("x"), "a", 0, ALICE)
    table.connect("a", ALICE, first)
    table.renew(first)
    assert [one.caller for one in table.subscribers(first.target)] == [ALICE]


INCOMPLETE: dict[str, dict[str, Any]] = {
    "only a name": {"userId": {"S": "alice"}},
    "no expiry": {"userId": {"S": "alice"}, "scopes": {"S": "orders/read orders/admin"}},
}
"""What rows of an older deployment say, or of one that was cut short."""


@pytest.mark.parametrize("row", INCOMPLETE.values(), ids=INCOMPLETE)
@pytest.mark.parametrize("mode", AuthMode)
def test_who_is_known_by_name_only_may_do_nothing_in_any_mode(row: dict[str, Any], mode: AuthMode) -> None:
    caller = caller_in(row)
    assert isinstance(caller, User)
    with pytest.raises(TokenExpired):
        check_valid(caller, mode, datetime(1970, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("scopes", [{}, {"scopes": {"S": ""}}, {"scopes": {"S": "openid ORDERS/READ"}}])
def test_a_row_without_scopes_permits_nothing(scopes: dict[str, Any]) -> None:
    caller = caller_in({"userId": {"S": "alice"}, "tokenExpiresAt": {"N": "4102444800"}} | scopes)
    assert caller == user("alice")
    assert not caller.reads("alice")


def test_the_stream_tells_whose_a_subscription_is() -> None:
    records = event("dynamodb_subscription_stream")
    for record in records["Records"]:
        record["dynamodb"].get("NewImage", {}).update(caller_attributes(ALICE))
    assert [one.caller for one in new_subscriptions(records)] == [ALICE] * 2


def test_a_connections_own_row_is_no_subscription_whoever_it_is(table: DynamoDBSubscriptions) -> None:
    table.connect("a", ALICE, None)
    assert [subscription_from(row) for row in rows(table)] == [None]
