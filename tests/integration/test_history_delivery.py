"""However images are delivered to the history, and by how many writers, its tables are the fold of the newest."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from order_engine.adapters.postgres.database import Database
from order_engine.adapters.postgres.history import PostgresHistory
from order_engine.adapters.postgres.history_reader import PostgresHistoryReader
from order_engine.application.ports import failed_attempts
from order_engine.domain.order import Order
from tests.support.history import ROWS, counted, dump, recorded, without_zeros
from tests.support.orders import LIVES, images, new_order

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.mode_independent

ORDERS = [images(new_order(f"00000000-0000-4000-8000-00000000000{n}"), *life) for n, life in enumerate(LIVES)]
IMAGES = [(number, version) for number, life in enumerate(ORDERS) for version in range(1, len(life) + 1)]

Delivery = list[tuple[int, int]]
"""Images as (number of the order, version)."""


@st.composite
def deliveries(draw: st.DrawFn) -> list[Delivery]:
    """Every image at least once, some again, in any order and cut into any batches."""
    delivered = draw(st.permutations([*IMAGES, *draw(st.lists(st.sampled_from(IMAGES), max_size=10))]))
    cuts = sorted(draw(st.sets(st.integers(1, len(delivered) - 1), max_size=12)))
    return [delivered[start:end] for start, end in zip([0, *cuts], [*cuts, len(delivered)], strict=True)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=deliveries())
def test_the_tables_are_always_the_fold_of_the_newest_images(
    batches: list[Delivery],
    history: PostgresHistory,
    reader: PostgresHistoryReader,
    psql: psycopg.Connection,
) -> None:
    psql.execute("DELETE FROM orders")
    psql.execute("UPDATE order_status_counts SET orders = 0")
    newest: dict[str, Order] = {}
    for batch in batches:
        delivered = [ORDERS[number][version - 1] for number, version in batch]
        newest |= {o.id: o for o in sorted([*delivered, *newest.values()], key=lambda order: order.version)}
        counts = history.record(delivered).orders
        assert without_zeros(counts) == Counter(order.status for order in newest.values()) == counted(psql)
        assert recorded(reader) == newest
    before = dump(psql)
    history.record([life[-1] for life in ORDERS])
    assert dump(psql) == before
    assert len(before["order_failures"]) == sum(1 for life in ORDERS for _ in failed_attempts(life[-1]))


def test_writers_at_once_lose_nothing_and_count_nothing_twice(
    history_database: str, reader: PostgresHistoryReader, psql: psycopg.Connection
) -> None:
    lives = [images(new_order(), *LIVES[number % len(LIVES)]) for number in range(40)]
    delivered = [*chain.from_iterable(lives)] * 2
    random.Random(7).shuffle(delivered)
    shares = [delivered[start::4] for start in range(4)]

    def write(share: Sequence[Order]) -> None:
        database = Database(lambda: history_database, "writer")
        for start in range(0, len(share), 10):
            counts = PostgresHistory(database, ROWS).record(share[start : start + 10]).orders
            assert min(counts.values()) >= 0
        database.close()

    with ThreadPoolExecutor(len(shares)) as pool:
        list(pool.map(write, shares))
    assert recorded(reader) == {life[-1].id: life[-1] for life in lives}
    counts = psql.execute("SELECT status, orders FROM order_status_counts").fetchall()
    assert without_zeros(dict(counts)) == counted(psql)
