"""The order store on DynamoDB: the contract, and what only the table has: items, a sparse index, pagination."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from order_engine.adapters.dynamodb.order_items import OPEN_SHARDS, OrderItems
from order_engine.adapters.dynamodb.orders import DynamoDBOrderStore
from order_engine.application.errors import DependencyUnavailable
from order_engine.contracts.events import JsonEventCodec
from order_engine.domain.events import Status
from tests.contracts.order_store import OrderStoreContract, store_life
from tests.support.orders import CONFIRMED, LIVES, START, after, new_order, terms

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

ITEMS = OrderItems(JsonEventCodec())


@pytest.fixture
def on_dynamodb(dynamodb: DynamoDBClient) -> DynamoDBOrderStore:
    return DynamoDBOrderStore(dynamodb, "OrdersTable", ITEMS)


class TestOrderStore(OrderStoreContract):
    @pytest.fixture
    def store(self, on_dynamodb: DynamoDBOrderStore) -> DynamoDBOrderStore:
        return on_dynamodb


def item(store: DynamoDBOrderStore, order_id: str) -> Any:
    return store.client.get_item(TableName=store.table, Key={"orderId": {"S": order_id}})["Item"]


def test_the_stored_item_is_the_order_with_all_its_events(on_dynamodb: DynamoDBOrderStore) -> None:
    order = store_life(on_dynamodb, *CONFIRMED[:2])
    assert item(on_dynamodb, order.id) == ITEMS.to_item(order)
    assert ITEMS.from_item(ITEMS.to_item(order)) == order


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life[-1])
def test_an_order_that_has_ended_is_no_longer_in_the_index(
    on_dynamodb: DynamoDBOrderStore, life: tuple[Status, ...]
) -> None:
    order = store_life(on_dynamodb, *life)
    stored = item(on_dynamodb, order.id)
    assert not stored.keys() & {"open", "dueAt"}
    assert (stored["status"], stored["version"]) == ({"S": life[-1]}, {"N": str(order.version)})


def test_open_orders_are_spread_over_the_indexs_shards(on_dynamodb: DynamoDBOrderStore) -> None:
    shards = {ITEMS.to_item(new_order())["open"]["S"] for _ in range(100)}
    assert shards == {str(shard) for shard in range(OPEN_SHARDS)}


def test_overdue_orders_are_found_beyond_the_first_page(on_dynamodb: DynamoDBOrderStore) -> None:
    orders = {store_life(on_dynamodb).id for _ in range(12)}
    pages = on_dynamodb.client.get_paginator("query").paginate

    class Paging:
        """The same table, in pages of two."""

        def paginate(self, **query: Any) -> Any:
            return pages(**query, PaginationConfig={"PageSize": 2})

    class Client:
        def get_paginator(self, _operation: str) -> Paging:
            return Paging()

    client: Any = Client()
    assert {one.order_id for one in replace(on_dynamodb, client=client).overdue(START.replace(year=2027))} == orders


def test_an_events_data_is_stored_as_the_json_that_goes_out() -> None:
    order = after(new_order(), Status.ROUTING)
    data = ITEMS.to_item(order)["events"]["L"][1]["M"]["data"]["S"]
    assert data == '{"attempt":1,"venues":["raydium","meteora"]}'


def test_a_whole_order_takes_few_kilobytes() -> None:
    """Write units are counted in kilobytes; the events of one attempt must not add up."""
    assert len(json.dumps(ITEMS.to_item(after(new_order(), *CONFIRMED)))) < 6_000


def test_a_minimum_amount_out_is_optional() -> None:
    assert "minAmountOutEntered" not in ITEMS.to_item(new_order())
    limited = new_order(what=terms(min_amount_out="200.0"))
    assert ITEMS.from_item(ITEMS.to_item(limited)).terms.min_amount_out_entered == "200.0"


def test_a_table_that_does_not_answer_is_an_unavailable_dependency(on_dynamodb: DynamoDBOrderStore) -> None:
    broken, order = replace(on_dynamodb, table="missing"), new_order()
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        broken.create(order)
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        broken.load(order.id)
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        broken.append(after(order, Status.ROUTING))
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        list(broken.overdue(START))
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        broken.check()


def test_a_table_that_answers_passes_the_check(on_dynamodb: DynamoDBOrderStore) -> None:
    on_dynamodb.check()
