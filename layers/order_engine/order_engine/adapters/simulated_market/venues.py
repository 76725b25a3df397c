"""All simulated venues together."""

from __future__ import annotations

from order_engine.adapters.simulated_market import registry
from order_engine.adapters.simulated_market.ledger import Ledger
from order_engine.adapters.simulated_market.settings import MarketSettings
from order_engine.adapters.simulated_market.venue import SimulatedVenue
from order_engine.application.ports import Clock


def simulated_venues(settings: MarketSettings, clock: Clock, ledger: Ledger) -> dict[str, SimulatedVenue]:
    """Return all simulated venues by name."""
    return {dex.name: SimulatedVenue(dex, settings, clock, ledger) for dex in registry.DEXES}
