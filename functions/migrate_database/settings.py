"""What `migrate_database` is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass

from order_engine.entrypoints.settings import text


@dataclass(frozen=True, kw_only=True)
class MigrateDatabaseSettings:
    """Settings of `migrate_database`."""

    database_secret_arn: str = text()
