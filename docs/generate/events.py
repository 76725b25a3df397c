"""An order's events, as HTTP, WebSocket and the history show them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel

from docs.generate.schemas import (
    AsEntered,
    Attempt,
    CorrelationId,
    Decimal,
    Seq,
    SignedText,
    Symbol,
    Timestamp,
    TxHash,
    UnsignedText,
    Venue,
    Wire,
)

EXECUTION_CODES = (
    "quote_unavailable",
    "min_amount_out_not_met",
    "simulation_failed",
    "transaction_failed",
    "transaction_expired",
    "no_liquidity",
    "unknown_pair",
    "processing_gave_up",
)


class ExecutionFault(Wire):
    """Why an attempt, or a venue's quote, came to nothing. The last four only where a transaction had been signed."""

    code: Annotated[str, Field(json_schema_extra={"enum": list(EXECUTION_CODES)})]
    message: str
    venue: Venue | None = None
    tx_hash: TxHash | None = None
    program: Annotated[str | None, Field(description="The on-chain program that refused.")] = None
    program_code: Annotated[int | None, Field(description="The program's own code; it means nothing without it.")] = (
        None
    )


class Terms(Wire):
    """What was ordered."""

    order_type: Literal["market"]
    token_in: Symbol
    token_out: Symbol
    amount_in: Annotated[AsEntered, Field(description="As it was entered.")]
    slippage: Annotated[AsEntered, Field(description="A fraction, as it was entered.")]
    min_amount_out: Annotated[AsEntered | None, Field(description="As it was entered.")] = None


class AcceptedData(Terms):
    """`pending`, the first event: what was ordered, and by whom."""

    user_id: str
    correlation_id: CorrelationId | None = None


class RetryData(Wire):
    """`pending` again: there will be another attempt."""

    attempt: Annotated[int, Field(ge=2, description="The number of the coming attempt.")]
    delay_seconds: Annotated[float, Field(ge=0)]
    next_attempt_at: Timestamp
    error: Annotated[ExecutionFault, Field(description="What went wrong with the attempt before.")]


class RoutingData(Wire):
    """`routing`: the venues are asked for quotes."""

    attempt: Attempt
    venues: list[Venue]


class Quote(Wire):
    """A venue's quote."""

    venue: Venue
    amount_out: Annotated[Decimal, Field(description="Of the token out, fee already taken.")]
    fee: Annotated[Decimal, Field(description="Of the token in.")]
    price_impact: Annotated[Decimal, Field(description="How far the trade itself moves the price: a fraction.")]
    reference_price: Annotated[Decimal, Field(description="Before the trade; token out per token in.")]


class RefusedQuote(Wire):
    """A venue gave no quote."""

    venue: Venue
    error: ExecutionFault


class WrappedSol(Wire):
    """SOL is swapped as wrapped SOL."""

    mint: str
    wrap: Annotated[bool, Field(description="true: wrapped before the swap; false: unwrapped after it.")]


class BuildingData(Wire):
    """`building`: a venue was chosen and a transaction signed; nothing has been sent yet."""

    attempt: Attempt
    quotes: list[Quote | RefusedQuote]
    venue: Venue
    reason: Annotated[str, Field(description="Why this venue, in words.")]
    quoted_amount_out: Decimal
    min_amount_out: Annotated[Decimal, Field(description="The swap fails rather than give less.")]
    signature: TxHash
    valid_until: Annotated[Timestamp, Field(description="After this the transaction can't land any more.")]
    wrapped_sol: WrappedSol | None = None


class SubmittedData(Wire):
    """`submitted`: the transaction is at the venue."""

    attempt: Attempt
    venue: Venue
    tx_hash: TxHash


class RaydiumPool(Wire):
    """A constant product pool before the swap, seen from the token in. Integers as text, in base units."""

    curve: Literal["constantProduct"]
    reserve_in: UnsignedText
    reserve_out: UnsignedText
    trade_fee_rate: Annotated[UnsignedText, Field(description="Millionths.")]


class MeteoraPair(Wire):
    """A DLMM pair's parameters and state before the swap, named as in Meteora's account. Integers as text."""

    bin_step: UnsignedText
    base_factor: UnsignedText
    base_fee_power_factor: UnsignedText
    variable_fee_control: UnsignedText
    filter_period: UnsignedText
    decay_period: UnsignedText
    reduction_factor: UnsignedText
    max_volatility_accumulator: UnsignedText
    active_id: SignedText
    index_reference: SignedText
    volatility_accumulator: UnsignedText
    volatility_reference: UnsignedText
    last_update_timestamp: UnsignedText


class MeteoraBins(Wire):
    """The same amounts in every bin of a range; the active one, in its middle, has half of both."""

    active_id: SignedText
    bins_each_side: UnsignedText
    amount_x: UnsignedText
    amount_y: UnsignedText


class MeteoraPool(Wire):
    """A DLMM pool before the swap."""

    curve: Literal["dlmm"]
    pair: MeteoraPair
    bins: MeteoraBins
    x_to_y: bool
    now: Annotated[UnsignedText, Field(description="The time of the swap, epoch seconds.")]


class ConfirmedData(Wire):
    """`confirmed`: the swap happened. With the pool's state anybody can recompute it."""

    attempt: Attempt
    venue: Venue
    tx_hash: TxHash
    amount_out: Decimal
    executed_price: Annotated[Decimal, Field(description="Token out per token in.")]
    fee: Annotated[Decimal, Field(description="Of the token in.")]
    price_impact: Decimal
    slippage_bps: Annotated[
        str, Field(pattern=r"^-?\d+(\.\d+)?$", description="How much less than quoted, in basis points.")
    ]
    pool: Annotated[RaydiumPool | MeteoraPool, Field(discriminator="curve")]


class FailedData(Wire):
    """`failed`: the order has ended without a swap."""

    error: ExecutionFault
    attempts: Annotated[int, Field(ge=0)]


class CancelledData(Wire):
    """`cancelled`: the order has ended without a swap."""

    by: Annotated[str, Field(description="The user who cancelled it.")]


EventData = (
    AcceptedData | RetryData | RoutingData | BuildingData | SubmittedData | ConfirmedData | FailedData | CancelledData
)


class Step(Wire):
    """One step of an order's life."""

    seq: Seq
    timestamp: Timestamp


class PendingEvent(Step):
    """The order was accepted, or will be tried again."""

    status: Literal["pending"]
    data: AcceptedData | RetryData


class RoutingEvent(Step):
    """The venues are asked for quotes."""

    status: Literal["routing"]
    data: RoutingData


class BuildingEvent(Step):
    """A venue was chosen and a transaction signed."""

    status: Literal["building"]
    data: BuildingData


class SubmittedEvent(Step):
    """The transaction is at the venue."""

    status: Literal["submitted"]
    data: SubmittedData


class ConfirmedEvent(Step):
    """The swap happened."""

    status: Literal["confirmed"]
    data: ConfirmedData


class FailedEvent(Step):
    """The order has failed."""

    status: Literal["failed"]
    data: FailedData


class CancelledEvent(Step):
    """The order was cancelled."""

    status: Literal["cancelled"]
    data: CancelledData


class Event(RootModel[object]):
    """One step of an order's life; `status` says what is in `data`."""

    root: Annotated[
        PendingEvent | RoutingEvent | BuildingEvent | SubmittedEvent | ConfirmedEvent | FailedEvent | CancelledEvent,
        Field(discriminator="status"),
    ]
