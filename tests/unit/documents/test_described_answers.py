"""What the engine says is what the documents say it says: real orders, nothing more and nothing less."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from order_engine.application.messages import error, snapshots, status_update, subscribed
from order_engine.application.order_history import OrderTrail, Page, failures
from order_engine.application.targets import ALL, order_target, user_target
from order_engine.contracts.orders import place_order
from order_engine.contracts.views import accepted_view, order_view, page_view, trail_view
from order_engine.domain.order import Order
from order_engine.venues.simulated import SimulationSettings
from tests.support.documents import Schema, assert_message, assert_valid, asyncapi, openapi, resolved
from tests.support.engine import Engine

WISHES: list[dict[str, Any]] = [
    {"tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1.5"},
    {"tokenIn": "sol", "tokenOut": "usdc", "amountIn": "+0.000000001", "slippage": "-0"},
    {"tokenIn": "USDC", "tokenOut": "SOL", "amountIn": "1e3", "slippage": "0.5", "minAmountOut": ".5"},
    {"tokenIn": "BONK", "tokenOut": "USDC", "amountIn": 99999999999, "type": "market"},
    {"tokenIn": "mSOL", "tokenOut": "SOL", "amountIn": "20.", "slippageTolerance": ".01"},
]
BAD_LUCK = {
    "none": SimulationSettings("1"),
    "quotes": SimulationSettings("7", quote_failure_rate=0.5),
    "simulations": SimulationSettings("1", simulation_failure_rate=0.5),
    "executions": SimulationSettings("1", execution_failure_rate=0.5),
    "everything": SimulationSettings("1", quote_failure_rate=0.4, execution_failure_rate=0.7),
}


def orders() -> Iterator[Any]:
    for name, settings in BAD_LUCK.items():
        for number, wish in enumerate(WISHES):
            engine = Engine(settings=settings)
            placed = place_order({**wish, "clientOrderId": str(number)})
            order = engine.desk.submit(placed.to_command("0.01", correlation_id="request-1")).order
            yield pytest.param(order if number else engine.cancel(order), id=f"{name}-{number}-first")
            yield pytest.param(engine.settle(order), id=f"{name}-{number}-last")


@pytest.mark.parametrize("order", list(orders()))
def test_an_order(order: Order) -> None:
    schemas = {
        "Order": order_view(order),
        "OneOrder": {"success": True, "order": order_view(order)},
        "OrderAccepted": accepted_view(order, "wss://example.com/dev"),
        "OrderPage": page_view(Page((order, order), None)),
        "OrderTrail": trail_view(OrderTrail(order, tuple(failures(order)))),
    }
    for name, view in schemas.items():
        assert_valid(view, {"$ref": f"#/components/schemas/{name}"}, openapi())


@pytest.mark.parametrize("order", list(orders()))
def test_its_messages(order: Order) -> None:
    for message in (*snapshots(order, 0), *(status_update(order, event) for event in order.events)):
        assert_message(dict(message))


@pytest.mark.parametrize("target", [order_target("01a1fc59-121a-7ddb-8732-cd9cdb1aed2f"), user_target("alice"), ALL])
def test_a_subscription(target: str) -> None:
    assert_message(dict(subscribed(target)))


def test_what_is_not_described_is_noticed() -> None:
    order = order_view(Engine().submit())
    for wrong in (
        order | {"colour": "red"},
        order | {"amountIn": 1.5},
        {**order, "status": "lost"},
        {"id": order["id"]},
    ):
        with pytest.raises(AssertionError):
            assert_valid(wrong, {"$ref": "#/components/schemas/Order"}, openapi())
    for message in (error("of_no_kind", "…"), {"type": "gossip"}):
        with pytest.raises(AssertionError):
            assert_message(dict(message))


def examples() -> Iterator[Any]:
    for path, item in openapi()["paths"].items():
        for method, operation in item.items():
            contents = {"body": operation.get("requestBody", {}), **operation["responses"]}
            for where, part in contents.items():
                for content_type, media in part.get("content", {}).items():
                    for name, example in media.get("examples", {}).items():
                        value = resolved(example)["value"]
                        yield pytest.param(value, media["schema"], openapi(), id=f"{method}-{path}-{where}-{name}")
                    assert media.get("examples") or not content_type.endswith("json")
    for name, message in asyncapi()["components"]["messages"].items():
        for number, example in enumerate(message["examples"]):
            yield pytest.param(example["payload"], message["payload"], asyncapi(), id=f"{name}-{number}")


@pytest.mark.parametrize(("value", "schema", "document"), list(examples()))
def test_an_example(value: object, schema: Schema, document: Schema) -> None:
    assert_valid(value, schema, document)
