"""The connection to Postgres: one per sandbox, opened when first needed, checked whenever used again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from order_engine.application.errors import DependencyUnavailable

STATEMENT_TIMEOUT = 10
"""Seconds; also how long an abandoned transaction may keep its locks."""

_LIBPQ_NAMES = {
    "host": "host",
    "port": "port",
    "username": "user",
    "password": "password",
    "dbname": "dbname",
    "sslmode": "sslmode",
    "sslrootcert": "sslrootcert",
}

# The timeouts are the transaction's, not the session's or the start-up packet's, as RDS Proxy refuses the one
# and pins a connection for the other (docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html).
_BEGIN = """
SELECT set_config('TimeZone', 'UTC', true),
       set_config('statement_timeout', %(timeout)s, true),
       set_config('idle_in_transaction_session_timeout', %(timeout)s, true)
"""


def conninfo(secret: Mapping[str, Any]) -> str:
    """Turn a Secrets Manager secret into a libpq connection string.

    Args:
        secret: ``{"url"}``, or ``{"host", "port", "username", "password", "dbname"}`` as RDS keeps it; either
            may have ``sslmode`` and ``sslrootcert``. Other keys are ignored. Without an ``sslmode`` the
            connection is encrypted, as libpq by itself would fall back to clear text.

    Raises:
        ValueError: it names no server.
    """
    if not ("url" in secret or "host" in secret):
        raise ValueError("The database secret has neither a url nor a host.")
    given = {libpq: str(secret[name]) for name, libpq in _LIBPQ_NAMES.items() if name in secret}
    encrypted: dict[str, Any] = {"sslmode": "require"}
    return make_conninfo("", **encrypted | conninfo_to_dict(secret.get("url", ""), **given))


@dataclass(slots=True)
class Database:
    """Transactions on a connection that outlives the invocation. Not for several threads at once.

    Args:
        conninfo: gives the libpq connection string; asked for each new connection, so a new password is seen.
        application_name: how the connection is called in ``pg_stat_activity``.
    """

    conninfo: Callable[[], str]
    application_name: str
    _connection: psycopg.Connection | None = field(default=None, init=False)

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """Give the connection for one transaction (read committed), committed at the end.

        Whatever goes wrong closes the connection, so the server rolls back; the next call opens another.

        Raises:
            DependencyUnavailable: Postgres can't be reached, has gone away, takes too long, has become a replica in a
                failover, or has no tables yet.
        """
        try:
            connection = self._begin()
            yield connection
            connection.commit()
        except (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction) as error:
            self.close()
            raise DependencyUnavailable("The order history's database does not answer.") from error
        except psycopg.errors.UndefinedTable as error:
            self.close()
            raise DependencyUnavailable("The order history's database is not migrated.") from error
        except BaseException:
            self.close()
            raise

    def check(self) -> None:
        """Raise `DependencyUnavailable` unless Postgres answers and has the history's tables."""
        with self.transaction() as connection:
            connection.execute("SELECT FROM orders LIMIT 0")

    def close(self) -> None:
        """Close the connection, if one is open."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _begin(self) -> psycopg.Connection:
        """Begin a transaction; a kept connection that did not survive the sandbox's freeze is replaced."""
        if self._connection is not None:
            try:
                return _begin_on(self._connection)
            except psycopg.OperationalError:
                self.close()
        self._connection = self._connect()
        return _begin_on(self._connection)

    def _connect(self) -> psycopg.Connection:
        connection = psycopg.connect(
            self.conninfo(),
            application_name=self.application_name,
            connect_timeout=3,
            # Without it the kernel tries for a quarter of an hour to reach a server that has vanished.
            tcp_user_timeout=5000,
            # A plan made without looking at the values would not use the indexes that suit them.
            prepare_threshold=None,
        )
        connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        return connection


def _begin_on(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute(_BEGIN, {"timeout": f"{STATEMENT_TIMEOUT}s"})
    return connection
