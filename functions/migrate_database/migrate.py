"""Bring a database to the newest revision of its schema, with alembic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text

MIGRATIONS = Path(__file__).parent / "migrations"

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('migrate_database', 0))")


def migrate(conninfo: str) -> dict[str, str | None]:
    """Run every migration that is missing, all in one transaction, and return the revision before and after.

    A second run at the same time waits for the first and then finds nothing to do.

    Args:
        conninfo: a libpq connection string.
    """
    with _transaction(conninfo) as connection:
        connection.execute(_LOCK)
        before = _revision(connection)
        command.upgrade(_config(connection), "head")
        return {"from": before, "to": _revision(connection)}


def status(conninfo: str) -> dict[str, str | None]:
    """Return the database's revision and the newest one; None is an empty database."""
    with _transaction(conninfo) as connection:
        head = ScriptDirectory.from_config(_config(connection)).get_current_head()
        return {"from": _revision(connection), "to": head}


@contextmanager
def _transaction(conninfo: str) -> Iterator[Connection]:
    def connect() -> psycopg.Connection:
        return psycopg.connect(conninfo, connect_timeout=10, application_name="migrate_database")

    with create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool).begin() as connection:
        yield connection


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
