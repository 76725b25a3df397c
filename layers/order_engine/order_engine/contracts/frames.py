"""The engine's messages as the frames of a WebSocket."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

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
from order_engine.application.targets import ALL, is_user_target, order_id_of
from order_engine.contracts.problems import problem_of
from order_engine.contracts.views import accepted_view, event_view, order_view
from order_engine.domain.events import Event
from order_engine.domain.order import Order
from order_engine.domain.timestamps import format_timestamp

if TYPE_CHECKING:
    from order_engine.contracts.events.schema import EventView
    from order_engine.contracts.frame_schema import (
        AcceptedFrame,
        ErrorFrame,
        OrderFrame,
        PongFrame,
        SnapshotFrame,
        StatusUpdateFrame,
        SubscribedFrame,
        UnsubscribedFrame,
    )

MAX_SNAPSHOT_BYTES = 30_000
"""A frame on an API Gateway WebSocket holds 32 KB; the rest is for the envelope."""


@dataclass(frozen=True, slots=True)
class JsonFrameCodec:
    """`FrameCodec`: messages as JSON texts.

    Args:
        websocket_url: where clients connect; needed only where orders are placed over the WebSocket.
    """

    websocket_url: str | None = None

    def encode(self, message: Message) -> Iterator[str]:
        """Yield the message's frames, of which only a snapshot may take several."""
        for frame in self.frames(message):
            yield json.dumps(frame, separators=(",", ":"))

    def frames(self, message: Message) -> Iterable[Mapping[str, Any]]:
        """Return the message's frames before they are JSON."""
        if isinstance(message, Snapshot):
            return snapshot_frames(message.order, message.after_seq)
        if isinstance(message, StatusUpdate):
            return [status_update_frame(message.order, message.event)]
        frame = self._answer(message)
        return [{**frame, "requestId": message.request_id} if message.request_id is not None else frame]

    def _answer(self, message: Answer) -> Mapping[str, Any]:
        match message:
            case Subscribed():
                return subscribed_frame(message.target)
            case Unsubscribed():
                return unsubscribed_frame(message.target)
            case OrderPlaced():
                if self.websocket_url is None:
                    raise ValueError("Orders are placed where the address of the WebSocket is not known.")
                return accepted_frame(message, self.websocket_url)
            case OrderShown():
                return order_frame(message.order)
            case Pong():
                return pong_frame(message)
            case Refused():
                return error_frame(message)


def status_update_frame(order: Order, event: Event) -> StatusUpdateFrame:
    """Return one step of an order, as it happens."""
    view = event_view(order, event)
    frame = cast("StatusUpdateFrame", {"type": "status_update", "orderId": order.id, **view})
    if order.correlation_id:
        frame["correlationId"] = order.correlation_id
    return frame


def snapshot_frames(order: Order, after_seq: int) -> Iterator[SnapshotFrame]:
    """Yield everything after `after_seq`; at least one frame, so that the client knows the status."""
    for events in _portions([event_view(order, event) for event in order.events[after_seq:]]):
        last = events[-1] if events else None
        frame: SnapshotFrame = {
            "type": "snapshot",
            "orderId": order.id,
            "seq": last["seq"] if last else order.version,
            "status": last["status"] if last else order.status,
            "events": events,
        }
        if order.correlation_id:
            frame["correlationId"] = order.correlation_id
        yield frame


def subscribed_frame(target: str) -> SubscribedFrame:
    """Return what is said of a new subscription."""
    return cast("SubscribedFrame", {"type": "subscribed", **_target(target)})


def unsubscribed_frame(target: str) -> UnsubscribedFrame:
    """Return what is said of a subscription that was ended."""
    return cast("UnsubscribedFrame", {"type": "unsubscribed", **_target(target)})


def accepted_frame(placed: OrderPlaced, websocket_url: str) -> AcceptedFrame:
    """Return what is said of an order that was placed."""
    view = accepted_view(placed.order, websocket_url)
    return cast("AcceptedFrame", {"type": "accepted", **view, "replayed": placed.replayed})


def order_frame(order: Order) -> OrderFrame:
    """Return an order as it is now."""
    return {"type": "order", "order": order_view(order)}


def pong_frame(pong: Pong) -> PongFrame:
    """Return the answer to a ping."""
    return {"type": "pong", "timestamp": format_timestamp(pong.at)}


def error_frame(refused: Refused) -> ErrorFrame:
    """Return an error, in the words that the HTTP API has for it too."""
    problem = problem_of(refused.error)
    frame: ErrorFrame = {"type": "error", "code": problem["code"], "message": problem["detail"]}
    if refused.order_id is not None:
        frame["orderId"] = refused.order_id
    if "errors" in problem:
        frame["errors"] = problem["errors"]
    return frame


def _target(target: str) -> dict[str, str]:
    """Return the target as clients name it: by `orderId` or by `channel`."""
    if (order_id := order_id_of(target)) is not None:
        return {"orderId": order_id}
    return {"channel": "user" if is_user_target(target) else ALL}


def _portions(events: Sequence[EventView]) -> Iterator[list[EventView]]:
    portion: list[EventView] = []
    size = 0
    for event in events:
        length = len(json.dumps(event, separators=(",", ":")).encode())
        if portion and size + length > MAX_SNAPSHOT_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(event)
        size += length
    yield portion
