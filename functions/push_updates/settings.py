"""What `push_updates` is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass

from order_engine.entrypoints.settings import text


@dataclass(frozen=True, kw_only=True)
class PushUpdatesSettings:
    """Settings of `push_updates`."""

    orders_table: str = text()
    connections_table: str = text()
    websocket_api_endpoint: str = text()
