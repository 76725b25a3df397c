"""Receipts: anybody can recompute a landed swap from the pool state it was computed from."""

from __future__ import annotations

from order_engine.venues import meteora, raydium
from order_engine.venues.dex import Fill, Pool, Receipt

_POOLS: dict[str, type[Pool]] = {raydium.CURVE: raydium.RaydiumPool, meteora.CURVE: meteora.MeteoraPool}


def recompute(receipt: Receipt, amount_in: int) -> Fill:
    """Return what the pool of a receipt gave for `amount_in` base units.

    Raises:
        KeyError: this is no receipt of one of our pools.
        NoLiquidity: the pool can't have traded that amount.
    """
    return _POOLS[receipt["curve"]].from_receipt(receipt).trade(amount_in)
