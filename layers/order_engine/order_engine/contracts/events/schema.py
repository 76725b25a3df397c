"""An order's events as JSON: the same in DynamoDB, in Postgres, over HTTP and over WebSockets.

`encoding` makes these and `decoding` reads them; the API documents are made from them.
"""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from typing_extensions import TypedDict  # pydantic, which reads these, takes that of typing from Python 3.12 on

from order_engine.contracts.wire_types import (
    AsEntered,
    Attempt,
    CorrelationId,
    Count,
    DecimalString,
    Describe,
    OrderType,
    Seq,
    SignedDecimalString,
    Symbol,
    Timestamp,
    TxHash,
    VenueName,
)
from order_engine.domain.events import Status


class ExecutionFault(TypedDict):
    """Why an attempt, or a venue's quote, came to nothing. The last four only where a transaction had been signed."""

    code: str
    message: str
    venue: NotRequired[VenueName]
    txHash: NotRequired[TxHash]
    program: NotRequired[Annotated[str, Describe("The on-chain program that refused.")]]
    programCode: NotRequired[Annotated[int, Describe("The program's own code; it means nothing without it.")]]


class TermsData(TypedDict):
    """What was ordered."""

    orderType: OrderType
    tokenIn: Symbol
    tokenOut: Symbol
    amountIn: Annotated[AsEntered, Describe("As it was entered.")]
    slippage: Annotated[AsEntered, Describe("A fraction, as it was entered.")]
    minAmountOut: NotRequired[Annotated[AsEntered, Describe("As it was entered.")]]


class AcceptedData(TermsData):
    """`pending`, the first event: what was ordered, and by whom."""

    userId: str
    correlationId: NotRequired[CorrelationId]


class RetryData(TypedDict):
    """`pending` again: there will be another attempt."""

    attempt: Annotated[int, Describe("The number of the coming attempt.", minimum=2)]
    delaySeconds: Annotated[float, Describe(minimum=0)]
    nextAttemptAt: Timestamp
    error: Annotated[ExecutionFault, Describe("What went wrong with the attempt before.")]


class RoutingData(TypedDict):
    """`routing`: the venues are asked for quotes."""

    attempt: Attempt
    venues: list[VenueName]


class QuoteData(TypedDict):
    """A venue's quote."""

    venue: VenueName
    amountOut: Annotated[DecimalString, Describe("Of the token out, fee already taken.")]
    fee: Annotated[DecimalString, Describe("Of the token in.")]
    priceImpact: Annotated[DecimalString, Describe("How far the trade itself moves the price: a fraction.")]
    referencePrice: Annotated[DecimalString, Describe("Before the trade; token out per token in.")]


class RefusedQuote(TypedDict):
    """A venue gave no quote."""

    venue: VenueName
    error: ExecutionFault


class WrappedSol(TypedDict):
    """SOL is swapped as wrapped SOL."""

    mint: str
    wrap: Annotated[bool, Describe("true: wrapped before the swap; false: unwrapped after it.")]


class BuildingData(TypedDict):
    """`building`: a venue was chosen and a transaction signed; nothing has been sent yet."""

    attempt: Attempt
    quotes: list[QuoteData | RefusedQuote]
    venue: VenueName
    reason: Annotated[str, Describe("Why this venue, in words.")]
    quotedAmountOut: DecimalString
    minAmountOut: Annotated[DecimalString, Describe("The swap fails rather than give less.")]
    signature: TxHash
    validUntil: Annotated[Timestamp, Describe("After this the transaction can't land any more.")]
    wrappedSol: NotRequired[WrappedSol]


class SubmittedData(TypedDict):
    """`submitted`: the transaction is at the venue."""

    attempt: Attempt
    venue: VenueName
    txHash: TxHash


class ConfirmedData(TypedDict):
    """`confirmed`: the swap happened. With the pool's state anybody can recompute it."""

    attempt: Attempt
    venue: VenueName
    txHash: TxHash
    amountOut: DecimalString
    executedPrice: Annotated[DecimalString, Describe("Token out per token in.")]
    fee: Annotated[DecimalString, Describe("Of the token in.")]
    priceImpact: DecimalString
    slippageBps: Annotated[SignedDecimalString, Describe("How much less than quoted, in basis points.")]
    pool: Annotated[dict[str, Any], Describe("The pool's state before the swap; integers as decimal strings.")]


class FailedData(TypedDict):
    """`failed`: the order has ended without a swap."""

    error: ExecutionFault
    attempts: Count


class CancelledData(TypedDict):
    """`cancelled`: the order has ended without a swap."""

    by: Annotated[str, Describe("The user who cancelled it.")]


EventData = (
    AcceptedData | RetryData | RoutingData | BuildingData | SubmittedData | ConfirmedData | FailedData | CancelledData
)


class EventView(TypedDict):
    """One step of an order's life; `status` says what is in `data`."""

    seq: Seq
    status: Status
    timestamp: Timestamp
    data: EventData
