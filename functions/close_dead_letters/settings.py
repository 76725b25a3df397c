"""What `close_dead_letters` is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass

from order_engine.entrypoints.market_variables import MarketVariables
from order_engine.entrypoints.settings import text


@dataclass(frozen=True, kw_only=True)
class CloseDeadLettersSettings(MarketVariables):
    """Settings of `close_dead_letters`."""

    orders_table: str = text()
    dead_letter_queue_url: str = text()
