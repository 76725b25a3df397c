"""What the HTTP API answers, as JSON; `views` makes it, and the API documents are made from it."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from typing_extensions import TypedDict  # as in events.schema

from order_engine.application.identity import AuthMode
from order_engine.application.monitor import Health
from order_engine.contracts.events.schema import EventView, ExecutionFault, TermsData
from order_engine.contracts.wire_types import (
    Attempt,
    CorrelationId,
    Count,
    DecimalString,
    Describe,
    OrderId,
    Seq,
    Timestamp,
    TxHash,
    VenueName,
)
from order_engine.domain.events import Status


class OrderView(TermsData):
    """An order with its events. What is not known (yet) is left out. Amounts are decimals as text, never floats."""

    id: OrderId
    clientOrderId: NotRequired[str]
    userId: str
    status: Status
    version: Annotated[int, Describe("The number of events, which is the `seq` of the last.", minimum=1)]
    amountOut: NotRequired[Annotated[DecimalString, Describe("Once confirmed.")]]
    executedPrice: NotRequired[Annotated[DecimalString, Describe("Once confirmed; token out per token in.")]]
    fee: NotRequired[Annotated[DecimalString, Describe("Once confirmed; of the token in.")]]
    priceImpact: NotRequired[Annotated[DecimalString, Describe("Once confirmed; a fraction.")]]
    venue: NotRequired[Annotated[VenueName, Describe("Of the current attempt, from `building` on.")]]
    txHash: NotRequired[Annotated[TxHash, Describe("While submitted, and once confirmed.")]]
    attempts: Annotated[Count, Describe("How many were begun.")]
    error: NotRequired[Annotated[ExecutionFault, Describe("Once failed.")]]
    correlationId: NotRequired[CorrelationId]
    createdAt: Timestamp
    updatedAt: Timestamp
    events: Annotated[list[EventView], Describe(minItems=1)]


class OrderAccepted(TypedDict):
    """The order will reach a terminal state: a 2xx is a promise."""

    success: Literal[True]
    orderId: OrderId
    status: Annotated[Status, Describe("`pending`; of an order placed before, whatever it is now.")]
    message: str
    websocketUrl: Annotated[
        str, Describe("Where the order can be followed live; with a ticket where authentication is on.")
    ]


class TicketIssued(TypedDict):
    """A ticket that opens one WebSocket connection, as `?ticket=…`."""

    success: Literal[True]
    ticket: Annotated[str, Describe("A secret; use it once.", minLength=43, maxLength=43)]
    expiresIn: Annotated[int, Describe("Seconds in which it has to be used.")]


class SignIn(TypedDict):
    """How to sign in; only the mode where authentication is off."""

    mode: AuthMode
    issuer: NotRequired[Annotated[str, Describe("As access tokens name it in `iss`.")]]
    authority: NotRequired[Annotated[str, Describe("Where `/.well-known/openid-configuration` is.")]]
    clientId: NotRequired[Annotated[str, Describe("The public client of page and command line, where there is one.")]]
    scopes: NotRequired[Annotated[list[str], Describe("To ask for.")]]


class OneOrder(TypedDict):
    """The order as it is now."""

    success: Literal[True]
    order: OrderView


class OrderPage(TypedDict):
    """A page of orders, newest first."""

    success: Literal[True]
    orders: list[OrderView]
    nextCursor: NotRequired[Annotated[str, Describe("Where the next page begins; left out on the last one.")]]


class FailedAttemptView(TypedDict):
    """An attempt that went wrong."""

    seq: Seq
    attempt: Attempt
    timestamp: Timestamp
    error: ExecutionFault


class OrderTrailView(TypedDict):
    """The order as the history has it, at most moments behind, with its failed attempts."""

    success: Literal[True]
    order: OrderView
    failures: list[FailedAttemptView]


class QueueFiguresView(TypedDict):
    """Messages waiting, in flight, delayed, and among the dead letters. SQS counts approximately."""

    waiting: Count
    active: Count
    delayed: Count
    failed: Count


class OrderCounts(TypedDict):
    """Orders by status, as the history last counted them."""

    pending: Count
    routing: Count
    building: Count
    submitted: Count
    confirmed: Count
    failed: Count
    cancelled: Count
    total: Count


class MetricsView(TypedDict):
    """How much there is to do, and how orders ended."""

    success: Literal[True]
    queue: QueueFiguresView
    orders: OrderCounts
    timestamp: Timestamp


class HealthReport(TypedDict):
    """How the engine is; `degraded` means that only the past can't be seen."""

    status: Health
    timestamp: Timestamp
    dependencies: NotRequired[Annotated[dict[str, Health], Describe("With `deep=1`: each of them.")]]
    problems: NotRequired[Annotated[list[str], Describe("With `deep=1`: what is wrong with the settings.")]]


class FieldFault(TypedDict):
    """What is wrong with one field."""

    field: Annotated[str, Describe("As on the wire, such as `amountIn`.")]
    code: str
    message: str


class Problem(TypedDict):
    """A problem detail (RFC 9457). `code` is stable; `detail` is for people."""

    success: Literal[False]
    type: Annotated[str, Describe(format="uri")]
    title: str
    status: Annotated[int, Describe(minimum=400, maximum=599)]
    code: str
    detail: str
    errors: NotRequired[Annotated[list[FieldFault], Describe("With `validation_failed` and `invalid_order_id`.")]]
