"""What `orders_api` is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass

from order_engine.entrypoints.placement_settings import PlacementSettings
from order_engine.entrypoints.settings import optional_text, text


@dataclass(frozen=True, kw_only=True)
class OrdersApiSettings(PlacementSettings):
    """Settings of `orders_api`."""

    dead_letter_queue_url: str = text()
    read_history_function: str = text()
    dashboard_folder: str = text()
    tickets_table: str = text()
    token_issuer: str = optional_text()
    sign_in_authority: str = optional_text()
    sign_in_origins: str = optional_text()
    browser_client_id: str = optional_text()
