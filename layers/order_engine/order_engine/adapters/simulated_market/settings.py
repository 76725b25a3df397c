"""How the simulated market behaves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MarketSettings:
    """How the simulated venues behave.

    Args:
        seed: another seed is another market.
        quote_latency: seconds until a quote comes, give or take a quarter.
        execution_latency: seconds from the submission until its outcome is final.
        quote_failure_rate, simulation_failure_rate, execution_failure_rate: from 0 to 1.
    """

    seed: str
    quote_latency: float = 0.2
    execution_latency: float = 2.0
    quote_failure_rate: float = 0.0
    simulation_failure_rate: float = 0.0
    execution_failure_rate: float = 0.0
