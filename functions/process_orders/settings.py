"""What `process_orders` is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass

from order_engine.application.retries import RetryPolicy
from order_engine.entrypoints.market_variables import MarketVariables
from order_engine.entrypoints.settings import integer, number, text


@dataclass(frozen=True, kw_only=True)
class ProcessOrdersSettings(MarketVariables):
    """Settings of `process_orders`."""

    orders_table: str = text()
    orders_queue_url: str = text()
    max_retry_attempts: int = integer(0, 10)
    retry_base_delay_seconds: float = number(0, 60)

    @property
    def retries(self) -> RetryPolicy:
        """How often, and after which pause, an order is tried again."""
        return RetryPolicy(self.max_retry_attempts, self.retry_base_delay_seconds)
