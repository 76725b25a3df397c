"""The migrations on a real Postgres: from nothing to the newest schema, once, whoever runs them and how often."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from functions.migrate_database.migrate import migrate, status

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.mode_independent

HEAD = "0001"


def test_an_empty_database_is_brought_to_the_newest_revision(empty_database: str) -> None:
    assert migrate(empty_database) == {"from": None, "to": HEAD}
    assert tables(empty_database) == {
        "alembic_version",
        "orders",
        "order_events",
        "order_failures",
        "order_status_counts",
    }


def test_running_again_changes_nothing(empty_database: str) -> None:
    migrate(empty_database)
    assert migrate(empty_database) == {"from": HEAD, "to": HEAD}


def test_the_status_tells_what_is_missing_and_changes_nothing(empty_database: str) -> None:
    assert status(empty_database) == {"from": None, "to": HEAD}
    assert tables(empty_database) == set()
    migrate(empty_database)
    assert status(empty_database) == {"from": HEAD, "to": HEAD}


def test_of_several_runs_at_once_one_migrates_and_the_others_wait(empty_database: str) -> None:
    patient = make_conninfo(empty_database, options="-c lock_timeout=20s")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(migrate, [patient] * 4))
    assert sorted(answers, key=str, reverse=True) == [{"from": None, "to": HEAD}] + [{"from": HEAD, "to": HEAD}] * 3


def test_a_run_waits_for_the_one_before_it(empty_database: str) -> None:
    with psycopg.connect(empty_database) as other, ThreadPoolExecutor(1) as pool:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('migrate_database', 0))")
        run = pool.submit(migrate, empty_database)
        wait_until_somebody_waits(other)
        assert tables(empty_database) == set()
        other.commit()
        assert run.result(timeout=10) == {"from": None, "to": HEAD}


def tables(conninfo: str) -> set[str]:
    with psycopg.connect(conninfo) as connection:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        return {name for (name,) in connection.execute(query)}


def wait_until_somebody_waits(connection: psycopg.Connection) -> None:
    deadline = time.monotonic() + 10
    query = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    while connection.execute(query).fetchone() is None:
        assert time.monotonic() < deadline, "nobody waits for the lock"
        time.sleep(0.01)
