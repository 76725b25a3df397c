"""Lists and trails of orders from Postgres. An order comes back as it was recorded: the fold of its events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg.rows import dict_row

from order_engine.adapters.postgres.database import Database
from order_engine.adapters.postgres.rows import OrderRows
from order_engine.application.errors import OrderNotFound
from order_engine.application.ports import OrderFilter, OrderTrail, Page, Position

_CONDITIONS = {
    "user_id": "user_id = %(user_id)s",
    "status": "status = %(status)s",
    "token_in": "token_in = %(token_in)s",
    "created_at": "(created_at, id) < (%(created_at)s, %(id)s::uuid)",
}

_EVENTS = """
SELECT array_agg(seq ORDER BY seq) AS seqs, array_agg(status ORDER BY seq) AS statuses,
       array_agg(occurred_at ORDER BY seq) AS moments,
       array_agg(data::text ORDER BY seq) AS data
FROM order_events WHERE order_id = found.id
"""

_FAILURES = """
SELECT seq, attempt, data::text AS data, occurred_at
FROM order_failures WHERE order_id = %(id)s::uuid ORDER BY seq
"""


def list_query(wanted: OrderFilter, limit: int, after: Position | None) -> tuple[str, dict[str, Any]]:
    """Return the statement that lists orders, with only the conditions that apply, and its values."""
    values = {
        "user_id": wanted.user_id,
        "status": wanted.status,
        "token_in": wanted.token_in and wanted.token_in.symbol,
        "created_at": after and after.created_at,
        "id": after and after.order_id,
    }
    conditions = (text for name, text in _CONDITIONS.items() if values[name] is not None)
    return _select(" AND ".join(conditions) or "true"), values | {"limit": limit}


def _select(conditions: str) -> str:
    """Return the statement that finds orders, newest first, each with its events; one snapshot of both."""
    newest_first = "ORDER BY created_at DESC, id DESC"
    found = f"SELECT * FROM orders WHERE {conditions} {newest_first} LIMIT %(limit)s"  # noqa: S608  (constants only)
    return f"SELECT * FROM ({found}) AS found CROSS JOIN LATERAL ({_EVENTS}) AS events {newest_first}"  # noqa: S608


@dataclass(frozen=True, slots=True)
class PostgresHistoryReader:
    """The port `HistoryReader`."""

    database: Database
    rows: OrderRows

    def list_orders(self, wanted: OrderFilter, limit: int, after: Position | None = None) -> Page:
        """Return up to `limit` orders, newest first, those of the same millisecond by descending id.

        Raises:
            DependencyUnavailable: Postgres did not answer.
        """
        with self.database.transaction() as connection:
            # One more than asked for shows whether there is a next page.
            query = list_query(wanted, limit + 1, after)
            rows = connection.cursor(row_factory=dict_row).execute(*query).fetchall()
        orders = tuple(map(self.rows.to_order, rows[:limit]))
        more = len(rows) > limit
        return Page(orders, Position(orders[-1].created_at, orders[-1].id) if more else None)

    def check(self) -> None:
        """Raise `DependencyUnavailable` unless Postgres answers and has the history's tables."""
        self.database.check()

    def trail(self, order_id: str) -> OrderTrail:
        """Return the order with its events and failed attempts, as the history knows it.

        Raises:
            OrderNotFound: the history does not have it (yet).
            DependencyUnavailable: Postgres did not answer.
        """
        key = {"id": order_id, "limit": 1}
        with self.database.transaction() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            row = cursor.execute(_select("id = %(id)s::uuid"), key).fetchone()
            # Asked for in any case, and nothing is raised in here, which would close the connection: an order of
            # somebody else and one that there is not must take the same time.
            failed = cursor.execute(_FAILURES, key).fetchall()
        if row is None:
            raise OrderNotFound(order_id)
        return OrderTrail(self.rows.to_order(row), tuple(map(self.rows.to_failed_attempt, failed)))
