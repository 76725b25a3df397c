"""What the server says over a WebSocket: small enough for a frame, complete, and in the form that is documented."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from order_engine.application.errors import DependencyUnavailable, OrderNotFound, TooLateToCancel
from order_engine.application.messages import (
    Answer,
    Message,
    OrderPlaced,
    OrderShown,
    Pong,
    Refused,
    Snapshot,
    StatusUpdate,
    Subscribed,
    Unsubscribed,
)
from order_engine.application.targets import ALL, is_user_target, order_id_of, order_target, targets_of, user_target
from order_engine.contracts import frame_schema
from order_engine.contracts.frames import MAX_SNAPSHOT_BYTES, JsonFrameCodec
from order_engine.contracts.problems import problem_of
from order_engine.contracts.views import accepted_view, event_view, order_view
from order_engine.domain.errors import FieldError, InvalidOrder, QuoteUnavailable
from order_engine.domain.order import Order
from tests.support.documents import assert_described
from tests.support.orders import CONFIRMED, FAILED, LIVES, START, after, new_order

FRAME = 32 * 1024
"""Bytes: what API Gateway sends in one WebSocket frame."""
URL = "wss://ws.example.org/dev"
CODEC = JsonFrameCodec(URL)
ID = "0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"
ORDER = after(new_order(ID, correlation_id="request-1"), *CONFIRMED)


def frames(message: Message) -> list[dict[str, Any]]:
    """Return the frames of a message as a client reads them."""
    return [json.loads(text) for text in CODEC.encode(message)]


def with_long_messages(length: int) -> Order:
    """Return an order of which every other event carries a text of this many characters."""
    return after(new_order(correlation_id="request-1"), *FAILED, error=QuoteUnavailable("ü" * length))


# --- Events -----------------------------------------------------------------------------------------------------------


def test_a_status_update_carries_one_event_and_the_requests_id() -> None:
    (frame,) = frames(StatusUpdate(ORDER, ORDER.events[-1]))
    assert frame == {
        "type": "status_update",
        "orderId": ID,
        "seq": 5,
        "status": "confirmed",
        "timestamp": "2026-03-01T12:00:00.868Z",
        "data": event_view(ORDER, ORDER.events[-1])["data"],
        "correlationId": "request-1",
    }


def test_without_a_correlation_id_none_is_told() -> None:
    order = new_order()
    told = [*frames(StatusUpdate(order, order.events[0])), *frames(Snapshot(order))]
    assert len(told) == 2
    assert all("correlationId" not in frame for frame in told)


def test_a_snapshot_repeats_the_correlation_id_in_every_frame() -> None:
    told = frames(Snapshot(with_long_messages(4_000)))
    assert len(told) > 1
    assert {frame["correlationId"] for frame in told} == {"request-1"}


@pytest.mark.parametrize("length", [10, 500, 1_000, 2_000, 4_000])
def test_a_snapshot_is_split_into_frames_that_fit_and_nothing_is_lost(length: int) -> None:
    order = with_long_messages(length)
    texts = list(CODEC.encode(Snapshot(order)))
    told = [json.loads(text) for text in texts]
    assert [event for frame in told for event in frame["events"]] == [event_view(order, one) for one in order.events]
    assert [event["seq"] for frame in told for event in frame["events"]] == list(range(1, order.version + 1))
    for text, frame in zip(texts, told, strict=True):
        assert len(text.encode()) <= FRAME
        last = frame["events"][-1]
        assert (frame["seq"], frame["status"]) == (last["seq"], last["status"])
    assert (len(told) > 1) == (length > 1_000)


def test_frames_are_filled_before_another_is_begun() -> None:
    assert len(frames(Snapshot(with_long_messages(1_000)))) == 1
    texts = list(CODEC.encode(Snapshot(with_long_messages(2_000))))
    assert len(texts) == 2
    assert all(len(text.encode()) > MAX_SNAPSHOT_BYTES / 2 for text in texts[:-1])


def test_there_is_a_snapshot_even_if_nothing_is_new() -> None:
    (frame,) = frames(Snapshot(ORDER, after_seq=ORDER.version))
    assert frame == {
        "type": "snapshot",
        "orderId": ID,
        "seq": 5,
        "status": "confirmed",
        "events": [],
        "correlationId": "request-1",
    }


@pytest.mark.parametrize("known", range(6))
def test_a_snapshot_has_only_what_is_not_known(known: int) -> None:
    (frame,) = frames(Snapshot(ORDER, after_seq=known))
    assert [event["seq"] for event in frame["events"]] == [seq for seq in range(1, 6) if seq > known]


# --- Answers ----------------------------------------------------------------------------------------------------------

REFUSALS: list[Exception] = [
    OrderNotFound(ID),
    TooLateToCancel(ORDER),
    DependencyUnavailable("DynamoDB did not answer: arn:aws:secret"),
    RuntimeError("password=hunter2"),
]
ANSWERS: list[tuple[Answer, Any, dict[str, Any]]] = [
    (Subscribed(order_target(ID)), frame_schema.SubscribedFrame, {"type": "subscribed", "orderId": ID}),
    (Subscribed(user_target("alice")), frame_schema.SubscribedFrame, {"type": "subscribed", "channel": "user"}),
    (Subscribed(ALL), frame_schema.SubscribedFrame, {"type": "subscribed", "channel": "all"}),
    (Unsubscribed(order_target(ID)), frame_schema.UnsubscribedFrame, {"type": "unsubscribed", "orderId": ID}),
    (Unsubscribed(user_target("alice")), frame_schema.UnsubscribedFrame, {"type": "unsubscribed", "channel": "user"}),
    (Unsubscribed(ALL), frame_schema.UnsubscribedFrame, {"type": "unsubscribed", "channel": "all"}),
    (
        OrderPlaced(ORDER, replayed=True),
        frame_schema.AcceptedFrame,
        {"type": "accepted", **accepted_view(ORDER, URL), "replayed": True},
    ),
    (
        OrderPlaced(new_order(ID), replayed=False),
        frame_schema.AcceptedFrame,
        {
            "type": "accepted",
            "success": True,
            "orderId": ID,
            "status": "pending",
            "message": f"Order accepted. Follow it at {URL}?orderId={ID}",
            "websocketUrl": f"{URL}?orderId={ID}",
            "replayed": False,
        },
    ),
    (OrderShown(ORDER), frame_schema.OrderFrame, {"type": "order", "order": order_view(ORDER)}),
    (Pong(START), frame_schema.PongFrame, {"type": "pong", "timestamp": "2026-03-01T12:00:00.000Z"}),
    (
        Refused(InvalidOrder(FieldError("amountIn", "invalid_amount", "must be")), order_id=ID),
        frame_schema.ErrorFrame,
        {
            "type": "error",
            "code": "validation_failed",
            "message": "The order was not accepted, as some of its fields are not right.",
            "orderId": ID,
            "errors": [{"field": "amountIn", "code": "invalid_amount", "message": "must be"}],
        },
    ),
    *(
        (
            Refused(error),
            frame_schema.ErrorFrame,
            {"type": "error", "code": problem_of(error)["code"], "message": problem_of(error)["detail"]},
        )
        for error in REFUSALS
    ),
]


@pytest.mark.parametrize(("answer", "kind", "expected"), ANSWERS)
def test_an_answer_is_one_frame_in_its_documented_form(answer: Answer, kind: Any, expected: dict[str, Any]) -> None:
    (frame,) = frames(answer)
    assert frame == expected
    assert_described(frame, kind)


@pytest.mark.parametrize(
    "answer",
    [
        Subscribed(ALL, "r"),
        Unsubscribed(ALL, "r"),
        OrderPlaced(ORDER, replayed=True, request_id="r"),
        OrderShown(ORDER, "r"),
        Pong(START, "r"),
        Refused(OrderNotFound(ID), "r", ID),
    ],
)
def test_an_answer_repeats_the_request_id(answer: Answer) -> None:
    (frame,) = frames(answer)
    assert frame["requestId"] == "r"
    assert {**frames(replace(answer, request_id=None))[0], "requestId": "r"} == frame
    assert_described(frame, next(kind for _, kind, expected in ANSWERS if expected["type"] == frame["type"]))


def test_an_empty_request_id_is_repeated_too() -> None:
    assert frames(Pong(START, ""))[0]["requestId"] == ""


def test_an_error_can_say_which_order_it_is_about() -> None:
    (frame,) = frames(Refused(OrderNotFound(ID), order_id=ID))
    assert frame == {"type": "error", "code": "order_not_found", "message": f"There is no order {ID}.", "orderId": ID}


def test_an_error_that_nobody_foresaw_says_nothing_about_itself() -> None:
    (frame,) = frames(Refused(RuntimeError("password=hunter2")))
    assert frame == {"type": "error", "code": "internal_error", "message": "Something went wrong on our side."}


def test_an_error_with_very_many_faults_fits_into_a_frame() -> None:
    faults = [FieldError("x" * 64, "unknown_field", "is not known here") for _ in range(1_000)]
    (text,) = CODEC.encode(Refused(InvalidOrder(*faults)))
    assert len(text.encode()) <= FRAME


@pytest.mark.parametrize("life", [(), *LIVES], ids=len)
def test_events_come_in_their_documented_form(life: Any) -> None:
    order = after(new_order(correlation_id="request-1"), *life)
    for event in order.events:
        (frame,) = frames(StatusUpdate(order, event))
        assert_described(frame, frame_schema.StatusUpdateFrame)
    for frame in frames(Snapshot(order)):
        assert_described(frame, frame_schema.SnapshotFrame)


# --- Targets ----------------------------------------------------------------------------------------------------------


def test_an_orders_events_go_to_its_own_its_users_and_all_subscribers() -> None:
    order = new_order(ID, user_id="alice")
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
    assert is_user_target(target) == (told == {"channel": "user"})
    assert frames(Subscribed(target)) == [{"type": "subscribed", **told}]
    assert frames(Unsubscribed(target)) == [{"type": "unsubscribed", **told}]
