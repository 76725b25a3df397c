"""What the HTTP API answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from docs.generate.errors import FIELD_CODES, PROBLEM_CODES
from docs.generate.events import Event, ExecutionFault, Terms
from docs.generate.schemas import (
    Answered,
    Attempt,
    CorrelationId,
    Decimal,
    OrderId,
    Seq,
    Timestamp,
    TxHash,
    Venue,
    Wire,
)
from order_engine.application.watch_engine import Health
from order_engine.domain.events import Status

Count = Annotated[int, Field(ge=0)]


class Order(Terms):
    """An order with its events. What is not known (yet) is left out. Amounts are decimals as text, never floats."""

    id: OrderId
    client_order_id: str | None = None
    user_id: str
    status: Status
    version: Annotated[int, Field(ge=1, description="The number of events, which is the `seq` of the last.")]
    amount_out: Annotated[Decimal | None, Field(description="Once confirmed.")] = None
    executed_price: Annotated[Decimal | None, Field(description="Once confirmed; token out per token in.")] = None
    fee: Annotated[Decimal | None, Field(description="Once confirmed; of the token in.")] = None
    price_impact: Annotated[Decimal | None, Field(description="Once confirmed; a fraction.")] = None
    venue: Annotated[Venue | None, Field(description="Of the current attempt, from `building` on.")] = None
    tx_hash: Annotated[TxHash | None, Field(description="From `submitted` on.")] = None
    attempts: Annotated[Count, Field(description="How many were begun.")]
    error: Annotated[ExecutionFault | None, Field(description="Once failed.")] = None
    correlation_id: CorrelationId | None = None
    created_at: Timestamp
    updated_at: Timestamp
    events: Annotated[list[Event], Field(min_length=1)]


class OrderAccepted(Answered):
    """The order will reach a terminal state: a 2xx is a promise."""

    order_id: OrderId
    status: Annotated[Status, Field(description="`pending`; of an order placed before, whatever it is now.")]
    message: str
    websocket_url: Annotated[str, Field(description="Where every step of the order can be followed live.")]


class OneOrder(Answered):
    """The order as it is now."""

    order: Order


class OrderPage(Answered):
    """A page of orders, newest first."""

    orders: list[Order]
    next_cursor: Annotated[str | None, Field(description="Where the next page begins; left out on the last one.")] = (
        None
    )


class FailedAttempt(Wire):
    """An attempt that went wrong."""

    seq: Seq
    attempt: Attempt
    timestamp: Timestamp
    error: ExecutionFault


class OrderTrail(Answered):
    """The order as the history has it, at most moments behind, with its failed attempts."""

    order: Order
    failures: list[FailedAttempt]


class QueueFigures(Wire):
    """Orders waiting, being worked on, delayed, and given up on. SQS counts approximately."""

    waiting: Count
    active: Count
    delayed: Count
    failed: Count


class OrderCounts(Wire):
    """Orders by status, as the history last counted them."""

    pending: Count
    routing: Count
    building: Count
    submitted: Count
    confirmed: Count
    failed: Count
    cancelled: Count
    total: Count


class Metrics(Answered):
    """How much there is to do, and how orders ended."""

    queue: QueueFigures
    orders: OrderCounts
    timestamp: Timestamp


class HealthReport(Wire):
    """How the engine is; `degraded` means that only the past can't be seen."""

    status: Health
    timestamp: Timestamp
    dependencies: Annotated[dict[str, Health] | None, Field(description="With `deep=1`: each of them.")] = None


class FieldFault(Wire):
    """What is wrong with one field."""

    field: Annotated[str, Field(description="As on the wire, such as `amountIn`.")]
    code: Annotated[str, Field(json_schema_extra={"enum": list(FIELD_CODES)})]
    message: str


class Problem(Wire):
    """A problem detail (RFC 9457). `code` is stable; `detail` is for people."""

    success: Literal[False]
    type: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    code: Annotated[str, Field(json_schema_extra={"enum": list(PROBLEM_CODES)})]
    detail: str
    errors: Annotated[list[FieldFault] | None, Field(description="With `validation_failed` and the like.")] = None


class GatewayMessage(Wire):
    """What API Gateway itself answers where no function of ours was reached or came to an end."""

    message: str
