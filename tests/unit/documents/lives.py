"""Orders of every kind of life, as the engine in memory leads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from typing import Any

from order_engine.adapters.simulated_market.settings import MarketSettings
from order_engine.application.identity import ANYONE
from order_engine.contracts.place_order import parse_order
from order_engine.domain.order import Order
from tests.support.engine import InMemoryEngine

BODIES: list[dict[str, Any]] = [
    {"tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1.5"},
    {"tokenIn": "sol", "tokenOut": "usdc", "amountIn": "+0.000000001", "slippage": "-0"},
    {"tokenIn": "USDC", "tokenOut": "SOL", "amountIn": "1e3", "slippage": "0.5", "minAmountOut": ".5"},
    {"tokenIn": "BONK", "tokenOut": "USDC", "amountIn": 99999999999, "type": "market"},
    {"tokenIn": "mSOL", "tokenOut": "SOL", "amountIn": "20.", "slippageTolerance": ".01"},
    {"tokenIn": "RAY", "tokenOut": "JUP", "amountIn": "1"},
    {"tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1", "minAmountOut": "1000000"},
]
MARKETS = {
    "calm": MarketSettings("1"),
    "no quotes": MarketSettings("7", quote_failure_rate=0.5),
    "failed simulations": MarketSettings("1", simulation_failure_rate=0.5),
    "failed executions": MarketSettings("1", execution_failure_rate=0.5),
    "everything": MarketSettings("1", quote_failure_rate=0.4, execution_failure_rate=0.7),
}


@cache
def lives() -> dict[str, Order]:
    """Return orders that have ended, by what happened to them."""
    return dict(_lives())


def _lives() -> Iterator[tuple[str, Order]]:
    for name, market in MARKETS.items():
        for number, body in enumerate(BODIES):
            engine = InMemoryEngine(market)
            yield f"{name} {number}", engine.settle(placed(engine, body | {"clientOrderId": str(number)}))
    for name, live in ENDS.items():
        engine = InMemoryEngine()
        yield name, live(engine, placed(engine, BODIES[0]))


def placed(engine: InMemoryEngine, body: dict[str, Any]) -> Order:
    """Place an order as a request does."""
    command = parse_order(body).to_command(ANYONE, "0.01", correlation_id="request-1")
    return engine.placement.place(command).order


def _expired(engine: InMemoryEngine, order: Order) -> Order:
    """Sign a transaction and send it too late."""
    engine.sign(order)
    engine.clock.time += timedelta(minutes=2)
    return engine.settle(order)


def _dead_letter(engine: InMemoryEngine, order: Order) -> Order:
    return engine.dead_letter_closing.close(order.id)


ENDS: dict[str, Callable[[InMemoryEngine, Order], Order]] = {
    "cancelled": InMemoryEngine.cancel,
    "expired": _expired,
    "dead letter": _dead_letter,
}
"""What may happen to an order beside its execution."""
