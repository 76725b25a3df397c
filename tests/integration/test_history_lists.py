"""Lists of orders from a real Postgres: filters, pages, and how much is read for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from order_engine.adapters.postgres.history import PostgresHistory
from order_engine.adapters.postgres.history_reader import PostgresHistoryReader, list_query
from order_engine.application.errors import OrderNotFound
from order_engine.application.ports import OrderFilter, Position
from order_engine.contracts.cursor import decode_cursor, encode_cursor
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from order_engine.domain.tokens import token
from tests.support.orders import CONFIRMED, START, after, new_order, terms

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.mode_independent

EVERYTHING = OrderFilter()
RARE = 30
"""How many orders each rare value has, of 30,000: too few to meet a page of them soon by going through all."""


class TestLists:
    def test_pages_hold_each_order_once_newest_first_even_within_a_millisecond(
        self, history: PostgresHistory, reader: PostgresHistoryReader
    ) -> None:
        millisecond = timedelta(milliseconds=1)
        orders = [new_order(at=START + number % 3 * millisecond) for number in range(25)]
        history.record(orders)
        listed: list[Order] = []
        position: Position | None = None
        while True:
            page = reader.list_orders(EVERYTHING, 4, position)
            listed += page.orders
            if page.following is None:
                break
            position = decode_cursor(encode_cursor(page.following))
            history.record([new_order(at=START + timedelta(hours=1))])  # newer ones do not shift the pages
        assert listed == sorted(orders, key=lambda order: (order.created_at, order.id), reverse=True)

    def test_the_last_page_has_none_after_it_even_when_it_is_full(
        self, history: PostgresHistory, reader: PostgresHistoryReader
    ) -> None:
        history.record([new_order() for _ in range(4)])
        assert reader.list_orders(EVERYTHING, 4).following is None
        assert reader.list_orders(EVERYTHING, 3).following is not None

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            (EVERYTHING, {"a", "b", "c", "d"}),
            (OrderFilter(user_id="bob"), {"b", "d"}),
            (OrderFilter(status=Status.CONFIRMED), {"a", "b"}),
            (OrderFilter(token_in=token("USDC")), {"c", "d"}),
            (OrderFilter(user_id="bob", status=Status.CONFIRMED), {"b"}),
            (OrderFilter(user_id="bob", status=Status.CONFIRMED, token_in=token("USDC")), set()),
            (OrderFilter(user_id="nobody"), set()),
        ],
    )
    def test_filters_restrict_together(
        self, history: PostgresHistory, reader: PostgresHistoryReader, wanted: OrderFilter, expected: set[str]
    ) -> None:
        selling = terms("100", "USDC", "SOL")
        history.record(
            [
                after(new_order(client_order_id="a"), *CONFIRMED),
                after(new_order(client_order_id="b", user_id="bob"), *CONFIRMED),
                new_order(client_order_id="c", what=selling),
                after(new_order(client_order_id="d", user_id="bob", what=selling), Status.ROUTING),
            ]
        )
        page = reader.list_orders(wanted, 10)
        assert {order.client_order_id for order in page.orders} == expected
        assert page.following is None

    def test_an_order_that_is_not_there_is_not_found(self, reader: PostgresHistoryReader) -> None:
        with pytest.raises(OrderNotFound):
            reader.trail(new_order().id)


@pytest.fixture(scope="module")
def filled(new_history_database: Callable[[], str]) -> Iterator[psycopg.Connection]:
    psql = psycopg.connect(new_history_database(), autocommit=True)
    psql.execute(
        """
        INSERT INTO orders SELECT gen_random_uuid(), CASE WHEN n % 1000 = 0 THEN 'rare' ELSE 'u' || n % 10 END,
            null, null, 'market', CASE WHEN n % 1000 = 1 THEN 'BONK' ELSE 'SOL' END, 'USDC', 1, '1', 100, '0.01',
            0, null, CASE WHEN n % 1000 = 2 THEN 'failed' ELSE 'confirmed' END, 1,
            '2026-03-01Z'::timestamptz + n * interval '1 second', '2026-03-01Z'
        FROM generate_series(1, 30000) AS n
        """
    )
    psql.execute("INSERT INTO order_events SELECT id, 1, 'pending', created_at, '{}' FROM orders")
    psql.execute("ANALYZE orders, order_events")
    yield psql
    psql.close()


class TestPlans:
    """A list reads an index in its order, and stops; or, of a few orders, all of them. Here are 30,000 orders."""

    @pytest.mark.parametrize("after_position", [None, Position(START - timedelta(hours=8), str(UUID(int=0)))])
    @pytest.mark.parametrize(
        ("wanted", "index"),
        [
            (EVERYTHING, "orders_by_time"),
            (OrderFilter(user_id="rare"), "orders_by_user"),
            (OrderFilter(status=Status.FAILED), "orders_by_status"),
            (OrderFilter(token_in=token("BONK")), "orders_by_token_in"),
            (OrderFilter(user_id="rare", status=Status.CONFIRMED, token_in=token("SOL")), "orders_by_user"),
        ],
    )
    def test_a_list_reads_no_more_than_its_page(
        self, filled: psycopg.Connection, wanted: OrderFilter, index: str, after_position: Position | None
    ) -> None:
        statement, values = list_query(wanted, 21, after_position)
        explained = filled.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values).fetchone()
        assert explained is not None
        nodes = list(_nodes(explained[0][0]["Plan"]))
        assert {node["Index Name"] for node in nodes if "Index Name" in node} == {index, "order_events_pkey"}
        (scan,) = (node for node in nodes if node.get("Relation Name") == "orders")
        assert scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0) <= RARE


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)
