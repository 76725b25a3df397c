"""The messages of the WebSocket API, with examples: frames that clients send, and frames that the server sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from docs.generate import examples
from order_engine.application import messages
from order_engine.application.errors import OrderNotFound, TokenExpired
from order_engine.application.targets import ALL, order_target
from order_engine.contracts import frame_schema
from order_engine.contracts.client_frames import OneOrderFrame, PingFrame, SubscribeFrame
from order_engine.contracts.fields import PrintableText
from order_engine.contracts.place_order import PlaceOrderBody

_LIVES = examples.lives()
_ORDER, _ID = _LIVES.confirmed, _LIVES.confirmed.id
_TO_ORDER, _TO_ALL = {"orderId": _ID}, {"channel": ALL}
_frames = examples.frames


class ExecuteOrder(PlaceOrderBody):
    """`execute_order`: the same fields as the body of `POST /api/orders/execute`."""

    action: Literal["execute_order"]
    request_id: Annotated[PrintableText | None, Field(alias="requestId")] = None


@dataclass(frozen=True, slots=True)
class Message:
    """A kind of frame that the server sends."""

    name: str
    payload: type[Any]
    examples: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Action:
    """A frame that clients send, by the name of its action, and the messages that answer it."""

    name: str
    summary: str
    payload: type[BaseModel]
    examples: tuple[Mapping[str, Any], ...]
    answers: tuple[str, ...]


SERVER = (
    Message(
        "subscribed",
        frame_schema.SubscribedFrame,
        _frames(messages.Subscribed(order_target(_ID)), messages.Subscribed(ALL)),
    ),
    Message("unsubscribed", frame_schema.UnsubscribedFrame, _frames(messages.Unsubscribed(order_target(_ID)))),
    Message("snapshot", frame_schema.SnapshotFrame, _frames(messages.Snapshot(_ORDER))),
    Message(
        "statusUpdate",
        frame_schema.StatusUpdateFrame,
        _frames(*(messages.StatusUpdate(_ORDER, event) for event in _ORDER.events)),
    ),
    Message(
        "accepted",
        frame_schema.AcceptedFrame,
        _frames(
            messages.OrderPlaced(_LIVES.accepted, replayed=False, request_id="1"),
            messages.OrderPlaced(_ORDER, replayed=True, request_id="1"),
        ),
    ),
    Message("order", frame_schema.OrderFrame, _frames(messages.OrderShown(_ORDER))),
    Message("pong", frame_schema.PongFrame, _frames(messages.Pong(_ORDER.updated_at))),
    Message(
        "error",
        frame_schema.ErrorFrame,
        _frames(messages.Refused(OrderNotFound(_ID), order_id=_ID), messages.Refused(TokenExpired())),
    ),
)
ACTIONS = (
    Action(
        "subscribe",
        "Subscribe to an order, or to a channel",
        SubscribeFrame,
        ({**_TO_ORDER, "afterSeq": 3}, _TO_ALL),
        ("subscribed", "snapshot", "error"),
    ),
    Action("unsubscribe", "End a subscription", SubscribeFrame, (_TO_ORDER, _TO_ALL), ("unsubscribed", "error")),
    Action(
        "execute_order",
        "Place an order and subscribe to it",
        ExecuteOrder,
        ({**examples.BODY, "requestId": "1"},),
        ("accepted", "subscribed", "snapshot", "error"),
    ),
    Action("get_order", "Read an order", OneOrderFrame, (_TO_ORDER,), ("order", "error")),
    Action("cancel_order", "Cancel an order", OneOrderFrame, (_TO_ORDER,), ("order", "error")),
    Action("ping", "Check that the connection works", PingFrame, ({},), ("pong", "error")),
)
PUSHED = ("subscribed", "snapshot", "statusUpdate")
"""The messages that no frame of the client's need have asked for."""
