"""What the server says: small enough for a frame, and complete."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from order_engine.application.messages import MAX_SNAPSHOT_BYTES, error, snapshots, status_update, subscribed
from order_engine.application.targets import ALL, describe, order_id_of, order_target, targets_of, user_target
from order_engine.domain.order import Order
from tests.support.orders import CONFIRMED, FAILED, after, new_order

FRAME = 32 * 1024
"""Bytes: what API Gateway sends in one WebSocket frame."""


def with_long_messages(length: int) -> Order:
    """Return an order whose every event carries a text of this many characters."""
    order = after(new_order(correlation_id="request-1"), *FAILED)
    return replace(order, events=tuple(replace(event, data={"text": "ü" * length}) for event in order.events))


def test_a_status_update_carries_one_event_and_the_requests_id() -> None:
    order = after(new_order(correlation_id="request-1"), *CONFIRMED)
    message = status_update(order, order.events[-1])
    assert message == {
        "type": "status_update",
        "orderId": order.id,
        "seq": 5,
        "status": "confirmed",
        "timestamp": "2026-03-01T12:00:00.868Z",
        "data": order.events[-1].data,
        "correlationId": "request-1",
    }
    json.dumps(message)


def test_without_a_correlation_id_none_is_told() -> None:
    order = new_order()
    assert "correlationId" not in status_update(order, order.events[0])
    assert all("correlationId" not in message for message in snapshots(order, 0))


@pytest.mark.parametrize("length", [10, 500, 1_000, 4_000])
def test_a_snapshot_is_split_into_frames_that_fit_and_nothing_is_lost(length: int) -> None:
    order = with_long_messages(length)
    messages = list(snapshots(order, 0))
    assert [event["seq"] for message in messages for event in message["events"]] == list(range(1, order.version + 1))
    for message in messages:
        assert len(json.dumps(message, separators=(",", ":")).encode()) <= FRAME
        last = message["events"][-1]
        assert (message["seq"], message["status"]) == (last["seq"], last["status"])
    assert (len(messages) > 1) == (length > 500)


def test_frames_are_filled_before_another_is_begun() -> None:
    order = with_long_messages(500)
    sizes = [len(json.dumps(message).encode()) for message in snapshots(with_long_messages(1_000), 0)]
    assert len(list(snapshots(order, 0))) == 1
    assert all(size > MAX_SNAPSHOT_BYTES / 2 for size in sizes[:-1])


def test_there_is_a_snapshot_even_if_nothing_is_new() -> None:
    order = after(new_order(), *CONFIRMED)
    (message,) = snapshots(order, order.version)
    assert (message["events"], message["seq"]) == ([], 5)


def test_an_error_can_say_what_it_is_about() -> None:
    assert error("order_not_found", "There is none.", orderId="x") == {
        "type": "error",
        "code": "order_not_found",
        "message": "There is none.",
        "orderId": "x",
    }


def test_an_order_is_heard_of_by_its_own_its_users_and_all_subscribers() -> None:
    order = new_order("0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b", user_id="alice")
    assert targets_of(order) == (order_target(order.id), user_target("alice"), ALL)


@pytest.mark.parametrize(
    ("target", "order_id", "told"),
    [
        (order_target("x"), "x", {"orderId": "x"}),
        (user_target("alice"), None, {"channel": "user"}),
        (user_target("order#x"), None, {"channel": "user"}),
        (user_target("all"), None, {"channel": "user"}),
        (ALL, None, {"channel": "all"}),
    ],
)
def test_a_target_is_told_apart_whatever_a_user_is_called(
    target: str, order_id: str | None, told: dict[str, str]
) -> None:
    assert order_id_of(target) == order_id
    assert describe(target) == told
    assert subscribed(target) == {"type": "subscribed", **told}
