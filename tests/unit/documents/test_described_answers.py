"""What the engine says is what the documents describe: real orders, nothing more and nothing less."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from docs.generate.codes import EXECUTION_CODES
from order_engine.adapters.simulated_market.registry import DEXES
from order_engine.application.messages import Message, OrderPlaced, OrderShown, Pong, Snapshot, StatusUpdate
from order_engine.application.ports import OrderTrail, Page, failed_attempts
from order_engine.contracts.frames import JsonFrameCodec
from order_engine.contracts.views import accepted_view, one_order, order_view, page_view, trail_view
from order_engine.domain.events import Confirmed, Event, Failed, RetryScheduled, TransactionSigned
from order_engine.domain.order import Order
from tests.support.documents import Schema, assert_message, assert_valid, asyncapi, openapi, resolved
from tests.support.engine import WEBSOCKET_URL, InMemoryEngine
from tests.unit.documents.lives import lives

CODEC = JsonFrameCodec(WEBSOCKET_URL)
EVERY_LIFE = pytest.mark.parametrize("order", lives().values(), ids=lives().keys())


def frames(*messages: Message) -> list[Any]:
    return [json.loads(frame) for message in messages for frame in CODEC.encode(message)]


def steps(order: Order) -> Iterator[Order]:
    """Yield the order as it was after each of its events."""
    for version in range(1, order.version + 1):
        yield replace(order, events=order.events[:version])


def test_the_lives_are_of_every_kind() -> None:
    events = [event for order in lives().values() for event in order.events]
    refused = [refusal.fault for event in events if isinstance(event, TransactionSigned) for refusal in event.refusals]
    failed = [event.fault for event in events if isinstance(event, RetryScheduled | Failed)]
    assert {type(event).__name__ for event in events} == {kind.__name__ for kind in Event.__subclasses__()}
    assert {fault.code for fault in (*failed, *refused)} == set(EXECUTION_CODES)
    assert {event.pool["curve"] for event in events if isinstance(event, Confirmed)} == {d.pool.curve for d in DEXES}


@EVERY_LIFE
def test_an_order(order: Order) -> None:
    for step in steps(order):
        assert_valid(order_view(step), {"$ref": "#/components/schemas/Order"}, openapi())
    answers: dict[str, Any] = {
        "OneOrder": one_order(order),
        "OrderAccepted": accepted_view(order, WEBSOCKET_URL),
        "OrderPage": page_view(Page((order, order), None)),
        "OrderTrail": trail_view(OrderTrail(order, tuple(failed_attempts(order)))),
    }
    for name, answer in answers.items():
        assert_valid(answer, {"$ref": f"#/components/schemas/{name}"}, openapi())


@EVERY_LIFE
def test_its_frames(order: Order) -> None:
    updates = (StatusUpdate(order, event) for event in order.events)
    for frame in frames(Snapshot(order), OrderPlaced(order, replayed=True), OrderShown(order), *updates):
        assert_message(frame)


def test_what_is_not_described_is_noticed() -> None:
    order = dict(order_view(InMemoryEngine().place()))
    for wrong in (
        order | {"colour": "red"},
        order | {"amountIn": 1.5},
        {**order, "status": "lost"},
        {"id": order["id"]},
    ):
        with pytest.raises(AssertionError):
            assert_valid(wrong, {"$ref": "#/components/schemas/Order"}, openapi())
    for message in ({"type": "error", "code": "of_no_kind", "message": "…"}, {"type": "gossip"}):
        with pytest.raises(AssertionError):
            assert_message(message)


def test_a_status_decides_what_is_in_an_event() -> None:
    order = lives()["calm 0"]
    pending, routing, *_ = (frame for event in order.events for frame in frames(StatusUpdate(order, event)))
    view = json.loads(json.dumps(order_view(order)))
    with pytest.raises(AssertionError):
        assert_message(routing | {"data": pending["data"]})
    view["events"][1]["data"] = pending["data"]
    with pytest.raises(AssertionError):
        assert_valid(view, {"$ref": "#/components/schemas/Order"}, openapi())


def test_an_answer_repeats_the_request_id() -> None:
    (pong,) = frames(Pong(InMemoryEngine().clock.now(), request_id="1"))
    assert pong["requestId"] == "1"
    assert_message(pong)


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


@pytest.mark.parametrize("path", ["/api/orders", "/api/orders/execute"])
def test_the_examples_of_a_placed_order_show_its_present_status(path: str) -> None:
    responses = openapi()["paths"][path]["post"]["responses"]
    shown = {
        status: {resolved(example)["value"]["status"] for example in media["examples"].values()}
        for status in ("201", "200")
        for media in [responses[status]["content"]["application/json"]]
    }
    assert shown == {"201": {"pending"}, "200": {"confirmed"}}
