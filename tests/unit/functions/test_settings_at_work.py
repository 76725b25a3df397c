"""Each setting, changed in the environment, changes what happens."""

from __future__ import annotations

from typing import TypeVar

import pytest

from order_engine.contracts.views import order_view
from order_engine.domain.events import Event, RetryScheduled, Status, TransactionSigned
from order_engine.domain.order import Order
from order_engine.fakes.process import SeededRandomness
from tests.support.events import ALICES_ORDER, place_order
from tests.support.functions import Deployment

E = TypeVar("E", bound=Event)


def run(deployed: Deployment, **settings: str) -> Order:
    """Place an order by HTTP, process messages until there are none, and return the order."""
    deployed.set(**settings)
    deployed.engine.orders.orders.clear()
    deployed.http("http_place_order")
    while deployed.engine.queue.messages:
        deployed.deliver()
        deployed.engine.clock.sleep(1)
    (order,) = deployed.stored()
    return order


def seconds(order: Order, first: Status, then: Status) -> float:
    """Return the time between two events."""
    moments = {event.status: event.timestamp for event in order.events}
    return (moments[then] - moments[first]).total_seconds()


def first(order: Order, kind: type[E]) -> E:
    """Return the order's first event of this kind."""
    return next(event for event in order.events if isinstance(event, kind))


def test_default_slippage(deployed: Deployment) -> None:
    deployed.set(DEFAULT_SLIPPAGE="0.0025")
    deployed.http(place_order({"tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1"}))
    (order,) = deployed.stored()
    assert (order.terms.slippage_bps, order.terms.slippage_entered) == (25, "0.0025")


@pytest.mark.parametrize("retries", [0, 1, 4])
def test_max_retry_attempts(deployed: Deployment, retries: int) -> None:
    order = run(deployed, MAX_RETRY_ATTEMPTS=str(retries), QUOTE_FAILURE_RATE="1")
    assert (order.status, order.attempts) == (Status.FAILED, retries + 1)


@pytest.mark.parametrize("delay", ["0.5", "4"])
def test_retry_base_delay_seconds(deployed: Deployment, delay: str) -> None:
    order = run(deployed, RETRY_BASE_DELAY_SECONDS=delay, QUOTE_FAILURE_RATE="1")
    assert float(delay) <= first(order, RetryScheduled).delay <= float(delay) * 1.25


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("QUOTE_FAILURE_RATE", "quote_unavailable"),
        ("SIMULATION_FAILURE_RATE", "simulation_failed"),
        ("EXECUTION_FAILURE_RATE", "transaction_failed"),
    ],
)
def test_failure_rates(deployed: Deployment, setting: str, code: str) -> None:
    assert run(deployed).status is Status.CONFIRMED
    order = run(deployed, **{setting: "1"})
    assert order_view(order)["error"]["code"] == code


@pytest.mark.parametrize("latency", [0, 400, 1_000])
def test_quote_latency(deployed: Deployment, latency: int) -> None:
    """Here the venues are asked one after the other, each of them up to a quarter faster or slower."""
    order = run(deployed, QUOTE_LATENCY_MS=str(latency))
    assert 1.5 * latency <= seconds(order, Status.ROUTING, Status.BUILDING) * 1000 <= 2.5 * latency


@pytest.mark.parametrize("latency", [0, 2_000, 9_000])
def test_execution_latency(deployed: Deployment, latency: int) -> None:
    order = run(deployed, EXECUTION_LATENCY_MS=str(latency))
    assert seconds(order, Status.SUBMITTED, Status.CONFIRMED) * 1000 == latency


def test_market_seed(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SeededRandomness, "order_id", lambda _: ALICES_ORDER)
    markets = [first(run(deployed, MARKET_SEED=seed), TransactionSigned).quotes for seed in ("1", "2", "1")]
    assert markets[0] == markets[2] != markets[1]


def test_websocket_url(deployed: Deployment) -> None:
    deployed.set(WEBSOCKET_URL="wss://elsewhere.example.org/prod")
    assert deployed.http("http_place_order")[2]["websocketUrl"].startswith("wss://elsewhere.example.org/prod?orderId=")
