"""What `push_updates` is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass

from order_engine.entrypoints.identity_settings import IdentitySettings
from order_engine.entrypoints.settings import text


@dataclass(frozen=True, kw_only=True)
class PushUpdatesSettings(IdentitySettings):
    """Settings of `push_updates`."""

    orders_table: str = text()
    connections_table: str = text()
    websocket_api_endpoint: str = text()
