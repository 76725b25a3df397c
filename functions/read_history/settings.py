"""What `read_history` is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass

from order_engine.entrypoints.identity_settings import IdentitySettings
from order_engine.entrypoints.settings import text


@dataclass(frozen=True, kw_only=True)
class ReadHistorySettings(IdentitySettings):
    """Settings of `read_history`."""

    database_secret_arn: str = text()
    powertools_service_name: str = text()
