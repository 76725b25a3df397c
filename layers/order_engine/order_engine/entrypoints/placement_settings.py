"""The settings of the functions that accept orders."""

from __future__ import annotations

from dataclasses import dataclass

from order_engine.entrypoints.identity_settings import IdentitySettings
from order_engine.entrypoints.settings import integer, slippage, text


@dataclass(frozen=True, kw_only=True)
class PlacementSettings(IdentitySettings):
    """What accepting orders needs."""

    orders_table: str = text()
    counters_table: str = text()
    orders_queue_url: str = text()
    websocket_url: str = text()
    default_slippage: str = slippage()
    max_orders_per_minute: int = integer(0, 1_000_000)
