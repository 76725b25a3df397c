"""Each setting, changed in the environment, changes what happens; one that makes no sense is refused by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from order_engine import bootstrap
from order_engine.config import InvalidSetting
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from tests.support.events import event
from tests.support.functions import SETTINGS, Deployment


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
    moments = {one.status: one.timestamp for one in order.events}
    return (moments[then] - moments[first]).total_seconds()


def test_default_slippage(deployed: Deployment) -> None:
    body = {"tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1"}
    deployed.set(DEFAULT_SLIPPAGE="0.0025")
    deployed.http(event("http_place_order") | {"body": str(body).replace("'", '"')})
    (order,) = deployed.stored()
    assert (order.terms.slippage_bps, order.terms.slippage_entered) == (25, "0.0025")


def test_a_setting_that_makes_no_sense_shows_in_the_health_check(deployed: Deployment) -> None:
    assert deployed.http(event("http_health"))[0] == 200
    deployed.set(DEFAULT_SLIPPAGE="0.6")
    assert deployed.http(event("http_health"))[0] == 500


@pytest.mark.parametrize("retries", [0, 1, 4])
def test_max_retry_attempts(deployed: Deployment, retries: int) -> None:
    order = run(deployed, MAX_RETRY_ATTEMPTS=str(retries), QUOTE_FAILURE_RATE="1")
    assert (order.status, order.attempts) == (Status.FAILED, retries + 1)


@pytest.mark.parametrize("delay", ["0.5", "4"])
def test_retry_base_delay_seconds(deployed: Deployment, delay: str) -> None:
    order = run(deployed, RETRY_BASE_DELAY_SECONDS=delay, QUOTE_FAILURE_RATE="1")
    assert float(delay) <= order.events[2].data["delaySeconds"] <= float(delay) * 1.25


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
    assert order.events[-1].data["error"]["code"] == code


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
    monkeypatch.setattr("order_engine.bootstrap.SystemDice.order_id", lambda _: "0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b")
    markets = [run(deployed, MARKET_SEED=seed).events[2].data["quotes"] for seed in ("1", "2", "1")]
    assert markets[0] == markets[2] != markets[1]


def test_websocket_url(deployed: Deployment) -> None:
    deployed.set(WEBSOCKET_URL="wss://elsewhere.example.org/prod")
    assert deployed.http("http_place_order")[2]["websocketUrl"].startswith("wss://elsewhere.example.org/prod?orderId=")


def test_max_orders_per_minute(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bootstrap.rate_limiter().admit("alice") is None
    deployed.set(MAX_ORDERS_PER_MINUTE="5")
    monkeypatch.setattr(bootstrap, "_client", lambda *_: object())
    limiter: Any = bootstrap.rate_limiter()
    assert (limiter.limit, limiter.table) == (5, "counters")


@pytest.mark.parametrize(
    ("variable", "build"),
    [
        ("DEFAULT_SLIPPAGE", bootstrap.default_slippage),
        ("MAX_RETRY_ATTEMPTS", bootstrap.order_execution),
        ("RETRY_BASE_DELAY_SECONDS", bootstrap.order_execution),
        ("QUOTE_LATENCY_MS", bootstrap.order_execution),
        ("EXECUTION_LATENCY_MS", bootstrap.order_execution),
        ("QUOTE_FAILURE_RATE", bootstrap.order_execution),
        ("SIMULATION_FAILURE_RATE", bootstrap.order_execution),
        ("EXECUTION_FAILURE_RATE", bootstrap.order_execution),
        ("MAX_ORDERS_PER_MINUTE", bootstrap.rate_limiter),
    ],
)
@pytest.mark.parametrize("value", ["", "x", "-1", "nan", "inf", "1e99", "0x1", "1,5"])
def test_a_setting_that_makes_no_sense_is_refused_and_named(
    deployed: Deployment, variable: str, build: Callable[[], object], value: str
) -> None:
    deployed.set(**{variable: value})
    with pytest.raises(InvalidSetting, match=variable):
        build()


def test_a_bad_default_slippage_is_not_the_clients_fault_and_nothing_is_stored(deployed: Deployment) -> None:
    deployed.set(DEFAULT_SLIPPAGE="5")
    assert deployed.http("http_place_order")[0] == 500
    assert (deployed.stored(), deployed.engine.queue.messages) == ([], [])


ADAPTERS = {
    "orders": ("table", "ORDERS_TABLE"),
    "subscriptions": ("table", "CONNECTIONS_TABLE"),
    "ledger": ("table", "CHAIN_TABLE"),
    "status_counts": ("table", "COUNTERS_TABLE"),
    "queue": ("url", "ORDERS_QUEUE_URL"),
    "dead_letters": ("url", "DEAD_LETTER_QUEUE_URL"),
}


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_every_adapter_goes_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, adapter: str) -> None:
    attribute, variable = ADAPTERS[adapter]
    build: Any = getattr(bootstrap, adapter).__wrapped__
    monkeypatch.setattr(bootstrap, "_client", lambda *_: object())
    monkeypatch.setenv(variable, SETTINGS[variable])
    assert getattr(build(), attribute) == SETTINGS[variable]
    monkeypatch.setenv(variable, "elsewhere")
    assert getattr(build(), attribute) == "elsewhere"
    monkeypatch.delenv(variable)
    with pytest.raises(InvalidSetting, match=f"{variable} is not set"):
        build()


def test_clients_go_to_the_endpoint_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("WEBSOCKET_API_ENDPOINT", "https://elsewhere.example.org/prod")
    build: Any = bootstrap._client.__wrapped__
    client = build("apigatewaymanagementapi", "WEBSOCKET_API_ENDPOINT")
    assert client.meta.endpoint_url == "https://elsewhere.example.org/prod"
    assert client.meta.config.retries["total_max_attempts"] == 1
