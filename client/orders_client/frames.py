"""Frames of the stream: what each says of an order, which request it answers, and which error it tells."""

from __future__ import annotations

import json
from typing import Any

from orders_client.errors import ApiError, Problem, api_error, problem_from
from orders_client.fold import OrderMessage
from orders_client.models import Status
from orders_client.wire import event_from, order_from

Frame = dict[str, Any]

_ANSWERS = ("accepted", "order", "subscribed", "error")
"""The types of frames that answer a request by its id; a frame of another type is no answer, whatever its id."""


def frame_from(text: str) -> Frame:
    """Return the JSON object in a message; an empty one where there is none."""
    try:
        frame = json.loads(text)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}


def order_message_in(frame: Frame) -> OrderMessage | None:
    """Return what a frame says of an order; None where it is about something else."""
    match frame.get("type"):
        case "snapshot":
            events = tuple(map(event_from, frame["events"]))
            return OrderMessage(frame["orderId"], events, int(frame["seq"]), Status(frame["status"]))
        case "status_update":
            event = event_from(frame)
            return OrderMessage(frame["orderId"], (event,), event.seq, event.status)
        case "order":
            order = order_from(frame["order"])
            return OrderMessage(order.id, order.events, order.version, order.status)
    return None


def error_in(frame: Frame) -> ApiError | None:
    """Return the error that a frame tells; those of API Gateway itself have no type."""
    if frame.get("type") == "error":
        return api_error(problem_from(frame))
    if "type" not in frame:
        return api_error(Problem(0, "gateway_error", str(frame.get("message", "The gateway sent no message."))))
    return None


def answered_key_in(frame: Frame) -> str | None:
    """Return the key of the request or subscription that a frame answers.

    A subscription to an order is answered by its snapshot, and not by `subscribed`: that may be the late first frame of
    a welcome whose snapshot was never sent.
    """
    if frame.get("type") == "snapshot":
        return order_key(str(frame.get("orderId")))
    if frame.get("type") == "subscribed" and "orderId" in frame:
        return None
    if frame.get("type") not in _ANSWERS:
        return None
    request_id = frame.get("requestId")
    if isinstance(request_id, str):
        return request_id
    if frame.get("type") in ("subscribed", "error"):
        return next((f"{name}={frame[name]}" for name in ("orderId", "channel") if name in frame), None)
    return None


def order_key(order_id: str) -> str:
    """Return the key of a subscription to an order, which is also its `requestId`."""
    return f"orderId={order_id}"


def channel_key(channel: str) -> str:
    """Return the key of a subscription to a channel."""
    return f"channel={channel}"


def target_of(key: str) -> dict[str, str]:
    """Return the fields that name the target of a subscription."""
    name, _, value = key.partition("=")
    return {name: value}
