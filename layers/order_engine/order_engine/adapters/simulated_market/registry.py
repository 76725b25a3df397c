"""The registry of simulated venues: each is pool math in `order_engine.venues`, a file beside this, and a line here."""

from __future__ import annotations

from order_engine.adapters.simulated_market.dex import Dex
from order_engine.adapters.simulated_market.meteora import METEORA
from order_engine.adapters.simulated_market.raydium import RAYDIUM

DEXES: tuple[Dex, ...] = (
    RAYDIUM,
    METEORA,
)
