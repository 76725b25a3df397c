"""The order history in Postgres: the newest image of each order, its events and its failed attempts.

The tables are `functions/migrate_database`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from order_engine.adapters.postgres.database import Database
from order_engine.adapters.postgres.rows import EVENTS, FAILURES, ORDERS, OrderRows
from order_engine.application.ports import StatusCounts
from order_engine.domain.events import Status
from order_engine.domain.order import Order


def _rows(columns: Mapping[str, str]) -> str:
    """Return the SELECT that makes rows of one array per column: any batch is one statement."""
    arrays = ", ".join(f"%({name})s::{kind}[]" for name, kind in columns.items())
    return f"SELECT * FROM unnest({arrays}) AS given ({', '.join(columns)})"  # noqa: S608  (constants only)


# One writer at a time: the counts of all statuses are then those of one moment, and batches can't deadlock.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('order_history', 0))"

# `images` are the batch, `before` what was there (a statement sees the tables as they were at its start),
# `written` what is newer now.
_WRITE_ORDERS = f"""
WITH images AS ({_rows(ORDERS)}),
before AS (SELECT orders.id, orders.status FROM orders JOIN images USING (id)),
written AS (
    INSERT INTO orders AS stored ({", ".join(ORDERS)}) SELECT * FROM images
    ON CONFLICT (id) DO UPDATE
    SET (status, version, updated_at) = (excluded.status, excluded.version, excluded.updated_at)
    WHERE stored.version < excluded.version
    RETURNING stored.id, stored.status
),
changes AS (
    SELECT status, 1 AS change FROM written
    UNION ALL
    SELECT before.status, -1 FROM before JOIN written USING (id)
)
INSERT INTO order_status_counts AS counts (status, orders)
SELECT status, sum(change) FROM changes GROUP BY status HAVING sum(change) <> 0
ON CONFLICT (status) DO UPDATE SET orders = counts.orders + excluded.orders
"""  # noqa: S608  (constants only)

_WRITE_EVENTS = f"INSERT INTO order_events ({', '.join(EVENTS)}) {_rows(EVENTS)} ON CONFLICT DO NOTHING"
_WRITE_FAILURES = f"INSERT INTO order_failures ({', '.join(FAILURES)}) {_rows(FAILURES)} ON CONFLICT DO NOTHING"
_RECOUNT = """
INSERT INTO order_status_counts AS counts (status, orders)
SELECT status, count(orders.id) FROM unnest(%(statuses)s::text[]) AS status LEFT JOIN orders USING (status)
GROUP BY status
ON CONFLICT (status) DO UPDATE SET orders = excluded.orders
"""
# The lock is held, so later counts have a later time, whichever of two writers gets to publish first.
_COUNTED_AT = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_COUNTS = "SELECT status, orders FROM order_status_counts"


@dataclass(frozen=True, slots=True)
class PostgresHistory:
    """Folds order images into Postgres. The port `History`."""

    database: Database
    rows: OrderRows

    def record(self, orders: Sequence[Order]) -> StatusCounts:
        """Fold the orders in, in one transaction, and return the number of orders in each status afterwards.

        Images may come again, in any order and in any batches: the newest of each order decides.

        Raises:
            DependencyUnavailable: nothing was written, or everything; record it again.
        """
        newest = _newest(orders)
        with self.database.transaction() as connection, connection.pipeline():
            connection.execute(_LOCK)
            connection.execute(_WRITE_ORDERS, _arrays(ORDERS, map(self.rows.order_row, newest)))
            connection.execute(_WRITE_EVENTS, _arrays(EVENTS, self.rows.event_rows(newest)))
            connection.execute(_WRITE_FAILURES, _arrays(FAILURES, self.rows.failure_rows(newest)))
            return _counts(connection)

    def recount(self) -> StatusCounts:
        """Count all orders anew, as after rows were lost, and return the numbers.

        Raises:
            DependencyUnavailable: do it again.
        """
        with self.database.transaction() as connection, connection.pipeline():
            connection.execute(_LOCK)
            connection.execute(_RECOUNT, {"statuses": [status.value for status in Status]})
            return _counts(connection)


def _counts(connection: Connection) -> StatusCounts:
    counted_at, counts = connection.execute(_COUNTED_AT), connection.execute(_COUNTS)
    return StatusCounts(counted_at.fetchall()[0][0], dict(counts.fetchall()))


def _newest(orders: Iterable[Order]) -> list[Order]:
    """Return each order once, as its newest image."""
    by_version = sorted(orders, key=lambda order: order.version)
    return list({order.id: order for order in by_version}.values())


def _arrays(columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> dict[str, list[Any]]:
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    return {name: list(column) for name, column in zip(columns, values, strict=True)}
