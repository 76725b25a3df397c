"""The messages of the WebSocket API: frames as clients send them, and what the server says."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from docs.generate.answers import FieldFault, Order, OrderAccepted
from docs.generate.errors import PROBLEM_CODES
from docs.generate.events import (
    AcceptedData,
    BuildingData,
    CancelledData,
    ConfirmedData,
    Event,
    FailedData,
    RetryData,
    RoutingData,
    Step,
    SubmittedData,
)
from docs.generate.schemas import CorrelationId, OrderId, Seq, Timestamp, Wire
from order_engine.contracts.fields import PrintableText
from order_engine.contracts.orders import PlaceOrder
from order_engine.domain.events import Status

ONLY_HTTP = {"route_not_found", "not_found", "method_not_allowed", "unsupported_media_type"}
ERROR_CODES = [*(code for code in PROBLEM_CODES if code not in ONLY_HTTP), "unknown_action", "too_many_subscriptions"]
ERROR_CODES += ["not_connected"]

RequestId = Annotated[str | None, Field(description="As in the frame that this answers.")]


class ExecuteOrder(PlaceOrder):
    """`execute_order`: the same fields as the body of `POST /api/orders/execute`."""

    action: Literal["execute_order"]
    request_id: Annotated[PrintableText | None, Field(alias="requestId")] = None


class Subscribed(Wire):
    """The subscription stands. To a channel: whatever happens from now on is told. To an order: a snapshot follows.

    Only with the snapshot does one know all of the order. Where none has come within some seconds, subscribe again.
    """

    type: Literal["subscribed"]
    order_id: OrderId | None = None
    channel: Literal["user", "all"] | None = None
    request_id: RequestId = None


class Unsubscribed(Wire):
    """The subscription is no more."""

    type: Literal["unsubscribed"]
    order_id: OrderId | None = None
    channel: Literal["user", "all"] | None = None
    request_id: RequestId = None


class Snapshot(Wire):
    """What happened after `afterSeq`, in as many frames as it takes: from here on, no event of the order is missed."""

    type: Literal["snapshot"]
    order_id: OrderId
    seq: Annotated[Seq, Field(description="Of the order's last event.")]
    status: Status
    events: list[Event]
    correlation_id: CorrelationId | None = None


class StatusUpdate(Step):
    """One step of an order, as it happens. What `seq` says was seen already may be dropped."""

    type: Literal["status_update"]
    order_id: OrderId
    status: Status
    data: (
        AcceptedData
        | RetryData
        | RoutingData
        | BuildingData
        | SubmittedData
        | ConfirmedData
        | FailedData
        | CancelledData
    )
    correlation_id: CorrelationId | None = None


class Accepted(OrderAccepted):
    """An order was accepted, and this connection hears of it from its first event on."""

    type: Literal["accepted"]
    replayed: Annotated[bool, Field(description="It had been accepted before, by its `clientOrderId`.")]
    request_id: RequestId = None


class OrderMessage(Wire):
    """The order as it is now, after `get_order` and `cancel_order`."""

    type: Literal["order"]
    order: Order
    request_id: RequestId = None


class Pong(Wire):
    """The server is there."""

    type: Literal["pong"]
    timestamp: Timestamp
    request_id: RequestId = None


class Error(Wire):
    """What was asked for is not possible."""

    type: Literal["error"]
    code: Annotated[str, Field(json_schema_extra={"enum": ERROR_CODES})]
    message: str
    errors: Annotated[list[FieldFault] | None, Field(description="With `validation_failed`.")] = None
    order_id: Annotated[OrderId | None, Field(description="Where a subscription to an order failed.")] = None
    request_id: RequestId = None
