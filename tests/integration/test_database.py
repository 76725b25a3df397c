"""The connection to a real Postgres: kept, replaced when it died, never waited on for ever."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from order_engine.adapters.postgres.database import Database, conninfo
from order_engine.adapters.postgres.history import PostgresHistory
from order_engine.adapters.postgres.history_reader import PostgresHistoryReader
from order_engine.application.errors import DependencyUnavailable, OrderNotFound
from order_engine.domain.timestamps import format_timestamp
from tests.support.history import ROWS, without_zeros
from tests.support.orders import new_order

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.mode_independent


def test_a_connection_that_died_between_two_invocations_is_replaced(
    history: PostgresHistory, psql: psycopg.Connection
) -> None:
    history.record([])
    assert _terminate(psql) == 1
    assert without_zeros(history.record([new_order()]).orders) == {"pending": 1}


def test_it_is_kept_while_it_works(database: Database) -> None:
    assert _backend(database) == _backend(database)


def test_it_is_kept_where_an_order_is_not_found(database: Database) -> None:
    """Else every made-up id would cost a reconnect, and time would tell a foreign order from none."""
    before = _backend(database)
    with pytest.raises(OrderNotFound):
        PostgresHistoryReader(database, ROWS).trail("01a1fc59-121a-7ddb-8732-cd9cdb1aed2f")
    assert _backend(database) == before


def test_one_that_dies_in_the_middle_writes_nothing_and_says_unavailable(
    database: Database, history: PostgresHistory, psql: psycopg.Connection
) -> None:
    def interrupted() -> None:
        with database.transaction() as connection:
            connection.execute("UPDATE order_status_counts SET orders = 99")
            _terminate(psql)
            connection.execute("SELECT 1")

    with pytest.raises(DependencyUnavailable):
        interrupted()
    assert without_zeros(history.record([new_order()]).orders) == {"pending": 1}


def test_a_server_that_has_become_a_replica_is_unavailable_and_connected_to_anew(
    database: Database, history: PostgresHistory
) -> None:
    def write() -> None:
        with database.transaction() as connection:
            connection.execute("SET TRANSACTION READ ONLY")
            connection.execute("UPDATE order_status_counts SET orders = 99")

    before = _backend(database)
    with pytest.raises(DependencyUnavailable):
        write()
    assert _backend(database) != before
    assert without_zeros(history.record([new_order()]).orders) == {"pending": 1}


def test_a_server_that_is_not_there_is_unavailable() -> None:
    nowhere = Database(lambda: "host=127.0.0.1 port=1", "test")
    with pytest.raises(DependencyUnavailable):
        PostgresHistory(nowhere, ROWS).record([])


def test_a_database_that_is_not_migrated_is_unavailable(
    empty_database: str, database: Database, request: pytest.FixtureRequest
) -> None:
    new = Database(lambda: empty_database, "test")
    request.addfinalizer(new.close)
    database.check()
    with pytest.raises(DependencyUnavailable, match="not migrated"):
        new.check()
    with pytest.raises(DependencyUnavailable, match="not migrated"):
        PostgresHistory(new, ROWS).record([new_order()])


def test_a_statement_that_takes_too_long_is_unavailable(database: Database) -> None:
    def slow() -> None:
        with database.transaction() as connection:
            assert connection.execute("SHOW statement_timeout").fetchone() == ("10s",)
            assert connection.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("10s",)
            connection.execute("SET LOCAL statement_timeout = '20ms'")
            connection.execute("SELECT pg_sleep(5)")

    with pytest.raises(DependencyUnavailable):
        slow()


def test_times_are_utc_whatever_the_server_prefers(
    history: PostgresHistory, reader: PostgresHistoryReader, psql: psycopg.Connection
) -> None:
    psql.execute("ALTER ROLE postgres SET TimeZone = 'Asia/Tokyo'")
    try:
        order = new_order()
        history.record([order])
        assert format_timestamp(reader.trail(order.id).order.created_at) == "2026-03-01T12:00:00.000Z"
    finally:
        psql.execute("ALTER ROLE postgres RESET TimeZone")


def _backend(database: Database) -> int:
    with database.transaction() as connection:
        return connection.info.backend_pid


def _terminate(psql: psycopg.Connection) -> int:
    """Cut the connections named `test` to this database; return how many there were."""
    query = (
        "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
        " WHERE application_name = 'test' AND datname = current_database()"
    )
    row = psql.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def test_a_secret_may_have_its_parts_or_a_url() -> None:
    parts = {"engine": "postgres", "host": "db", "port": 5432, "username": "u", "password": "p w'", "dbname": "orders"}
    expected = {"host": "db", "port": "5432", "user": "u", "password": "p w'", "dbname": "orders"}
    assert conninfo_to_dict(conninfo(parts)) == expected | {"sslmode": "require"}
    assert conninfo_to_dict(conninfo(parts | {"sslmode": "verify-full"})) == expected | {"sslmode": "verify-full"}
    url = "postgresql://u:p%20w'@db:5432/orders"
    assert conninfo_to_dict(conninfo({"url": url})) == expected | {"sslmode": "require"}
    assert conninfo_to_dict(conninfo({"url": url + "?sslmode=disable"})) == expected | {"sslmode": "disable"}
    assert conninfo_to_dict(conninfo({"url": url, "sslmode": "verify-ca"})) == expected | {"sslmode": "verify-ca"}


def test_a_secret_without_a_server_is_refused() -> None:
    with pytest.raises(ValueError, match="neither a url nor a host"):
        conninfo({"username": "u", "password": "p"})
