"""What `stream_gateway` is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass

from order_engine.entrypoints.placement_settings import PlacementSettings
from order_engine.entrypoints.settings import text


@dataclass(frozen=True, kw_only=True)
class StreamGatewaySettings(PlacementSettings):
    """Settings of `stream_gateway`."""

    connections_table: str = text()
    websocket_api_endpoint: str = text()
