"""The settings of the functions that trade on the simulated market."""

from __future__ import annotations

from dataclasses import dataclass

from order_engine.adapters.simulated_market.settings import MarketSettings
from order_engine.entrypoints.settings import number, text


@dataclass(frozen=True, kw_only=True)
class MarketVariables:
    """The simulated market."""

    chain_table: str = text()
    market_seed: str = text()
    quote_latency_ms: float = number(0, 5_000)
    execution_latency_ms: float = number(0, 10_000)
    quote_failure_rate: float = number(0, 1)
    simulation_failure_rate: float = number(0, 1)
    execution_failure_rate: float = number(0, 1)

    @property
    def market(self) -> MarketSettings:
        """The same in the market's own units."""
        return MarketSettings(
            seed=self.market_seed,
            quote_latency=self.quote_latency_ms / 1000,
            execution_latency=self.execution_latency_ms / 1000,
            quote_failure_rate=self.quote_failure_rate,
            simulation_failure_rate=self.simulation_failure_rate,
            execution_failure_rate=self.execution_failure_rate,
        )
