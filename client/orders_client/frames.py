"""What the stream says: one reader for each question that the client asks of a message."""

from __future__ import annotations

import json
from typing import Any

from orders_client.errors import ApiError, Problem, api_error, problem_from
from orders_client.fold import News
from orders_client.models import Status
from orders_client.wire import event_from, order_from

Frame = dict[str, Any]

_ANSWERS = ("accepted", "order", "subscribed", "error")
"""The types of messages that answer a question by its id; one of another type is no answer, whatever id it has."""


def frame_from(text: str) -> Frame:
    """Read a message. What is none is empty, and so says nothing."""
    try:
        frame = json.loads(text)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}


def news_in(frame: Frame) -> News | None:
    """Return what the message says of an order; None where it speaks of something else."""
    match frame.get("type"):
        case "snapshot":
            events = tuple(map(event_from, frame["events"]))
            return News(frame["orderId"], events, int(frame["seq"]), Status(frame["status"]))
        case "status_update":
            event = event_from(frame)
            return News(frame["orderId"], (event,), event.seq, event.status)
        case "order":
            order = order_from(frame["order"])
            return News(order.id, order.events, order.version, order.status)
    return None


def error_in(frame: Frame) -> ApiError | None:
    """Return the error that the message tells; a gateway's own have no type."""
    if frame.get("type") == "error":
        return api_error(problem_from(frame))
    if "type" not in frame:
        return api_error(Problem(0, "gateway_error", str(frame.get("message", "The gateway sent no message."))))
    return None


def asked_in(frame: Frame) -> str | None:
    """Return what the message answers: the id of the question, or the subscription that it is about.

    A subscription to an order is answered by its snapshot, and not by `subscribed`: that alone may be a frame that came
    late, on its own, from a greeting that was given up on.
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
    """Return the name of the subscription to an order, which is also the id of the question for it."""
    return f"orderId={order_id}"


def channel_key(channel: str) -> str:
    """Return the name of the subscription to a channel."""
    return f"channel={channel}"


def target_of(key: str) -> dict[str, str]:
    """Return what a subscription's name stands for, as a message says it."""
    name, _, value = key.partition("=")
    return {name: value}
