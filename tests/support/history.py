"""What the history's tables hold, for comparing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

from order_engine.adapters.postgres.history_reader import PostgresHistoryReader
from order_engine.adapters.postgres.rows import OrderRows
from order_engine.application.ports import OrderFilter
from order_engine.contracts.events import JsonEventCodec
from order_engine.domain.order import Order

ROWS = OrderRows(JsonEventCodec())
"""Reads and writes the rows of the history as the engine does."""

TABLES = ("orders", "order_events", "order_failures", "order_status_counts")


def dump(psql: psycopg.Connection) -> dict[str, list[Any]]:
    """Return all rows of all tables, as text."""
    return {name: psql.execute(f"SELECT to_json(t)::text FROM {name} t ORDER BY 1").fetchall() for name in TABLES}


def counted(psql: psycopg.Connection) -> dict[str, int]:
    """Return the orders by status, counted now."""
    return dict(psql.execute("SELECT status, count(*) FROM orders GROUP BY status").fetchall())


def without_zeros(counts: Mapping[str, int]) -> dict[str, int]:
    """Return only the statuses that some order is in."""
    return {status: number for status, number in counts.items() if number}


def recorded(reader: PostgresHistoryReader) -> dict[str, Order]:
    """Return all orders as they come back, by id."""
    return {order.id: order for order in reader.list_orders(OrderFilter(), 1000).orders}
