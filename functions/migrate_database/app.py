"""Bring the history database to the newest schema. Invoked after a deployment, or by hand."""

from __future__ import annotations

from typing import Any

from migrate import migrate, status
from settings import MigrateDatabaseSettings

from order_engine.entrypoints.deployed import Deployed

deployed = Deployed(MigrateDatabaseSettings)


def handler(event: dict[str, Any], _context: object) -> dict[str, str | None]:
    """Migrate and return ``{"from", "to"}``, the revisions before and after.

    ``{"action": "status"}`` changes nothing and returns the current revision and the newest.
    """
    run = status if event.get("action") == "status" else migrate
    return run(deployed.ports.database_conninfo())
