"""What `sweep_orders` is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass

from order_engine.entrypoints.settings import text


@dataclass(frozen=True, kw_only=True)
class SweepOrdersSettings:
    """Settings of `sweep_orders`."""

    orders_table: str = text()
    orders_queue_url: str = text()
