"""What the server says over a WebSocket, as JSON; `frames` makes it, and AsyncAPI is made from it."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from typing_extensions import TypedDict  # as in events.schema

from order_engine.contracts.answers import FieldFault, OrderAccepted, OrderView
from order_engine.contracts.events.schema import EventView
from order_engine.contracts.wire_types import CorrelationId, Describe, OrderId, RequestId, Seq, Timestamp
from order_engine.domain.events import Status

Channel = Literal["user", "all"]


class SubscribedFrame(TypedDict):
    """The subscription exists. To a channel: whatever happens from now on is sent. To an order: a snapshot follows.

    Only with the snapshot does one know all of the order. Where none has come within some seconds, subscribe again.
    """

    type: Literal["subscribed"]
    orderId: NotRequired[OrderId]
    channel: NotRequired[Channel]
    requestId: NotRequired[RequestId]


class UnsubscribedFrame(TypedDict):
    """The subscription is no more."""

    type: Literal["unsubscribed"]
    orderId: NotRequired[OrderId]
    channel: NotRequired[Channel]
    requestId: NotRequired[RequestId]


class SnapshotFrame(TypedDict):
    """What happened after `afterSeq`, in as many frames as it takes: from here on, no event of the order is missed."""

    type: Literal["snapshot"]
    orderId: OrderId
    seq: Annotated[Seq, Describe("Of the last event of this frame.")]
    status: Annotated[Status, Describe("After the last event of this frame.")]
    events: list[EventView]
    correlationId: NotRequired[CorrelationId]


class StatusUpdateFrame(EventView):
    """One step of an order, as it happens. What `seq` says was seen already may be dropped."""

    type: Literal["status_update"]
    orderId: OrderId
    correlationId: NotRequired[CorrelationId]


class AcceptedFrame(OrderAccepted):
    """An order was accepted, and this connection receives its events from the first on."""

    type: Literal["accepted"]
    replayed: Annotated[bool, Describe("It had been accepted before, by its `clientOrderId`.")]
    requestId: NotRequired[RequestId]


class OrderFrame(TypedDict):
    """The order as it is now, after `get_order` and `cancel_order`."""

    type: Literal["order"]
    order: OrderView
    requestId: NotRequired[RequestId]


class PongFrame(TypedDict):
    """The server is there."""

    type: Literal["pong"]
    timestamp: Timestamp
    requestId: NotRequired[RequestId]


class ErrorFrame(TypedDict):
    """What was asked for is not possible."""

    type: Literal["error"]
    code: str
    message: str
    errors: NotRequired[Annotated[list[FieldFault], Describe("With `validation_failed`.")]]
    orderId: NotRequired[Annotated[OrderId, Describe("Where a subscription to an order failed.")]]
    requestId: NotRequired[RequestId]
