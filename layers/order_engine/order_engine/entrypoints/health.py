"""The health of a deployed function: its settings, and then what its engine depends on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from order_engine.application.monitor import Diagnosis, Health
from order_engine.entrypoints.deployed import Deployed
from order_engine.entrypoints.settings import InvalidSettings


def diagnose(deployed: Deployed[Any], *, deep: bool) -> Diagnosis:
    """Return the health of the function; `deep` asks its dependencies."""
    try:
        engine = deployed.engine
    except InvalidSettings as invalid:
        dependencies = {"settings": Health.UNHEALTHY} if deep else {}
        return Diagnosis(datetime.now(UTC), Health.UNHEALTHY, dependencies, invalid.problems)
    return engine.check_health(deep=deep)
