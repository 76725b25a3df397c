"""Events as data that is ready for JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from order_engine.domain.amounts import format_amount
from order_engine.domain.events import (
    Accepted,
    Cancelled,
    Confirmed,
    Event,
    Failed,
    Fault,
    RetryScheduled,
    RoutingStarted,
    TransactionSigned,
    TransactionSubmitted,
)
from order_engine.domain.swaps import Quote
from order_engine.domain.terms import Terms
from order_engine.domain.timestamps import format_timestamp
from order_engine.domain.tokens import WRAPPED_SOL_MINT

if TYPE_CHECKING:
    from order_engine.contracts.events import schema


def event_data(event: Event, terms: Terms) -> schema.EventData:
    """Return what the event says beside `seq`, `status` and `timestamp`, ready for JSON."""
    return ENCODERS[type(event)](event, terms)


def terms_data(terms: Terms) -> schema.TermsData:
    """Return the terms exactly as they were entered."""
    data: schema.TermsData = {
        "orderType": terms.order_type,
        "tokenIn": terms.token_in.symbol,
        "tokenOut": terms.token_out.symbol,
        "amountIn": terms.amount_in_entered,
        "slippage": terms.slippage_entered,
    }
    if terms.min_amount_out_entered:
        data["minAmountOut"] = terms.min_amount_out_entered
    return data


def fault_data(fault: Fault) -> schema.ExecutionFault:
    """Return a fault; what does not exist is left out."""
    data: schema.ExecutionFault = {"code": fault.code, "message": fault.message}
    if fault.venue is not None:
        data["venue"] = fault.venue
    if fault.tx_hash is not None:
        data["txHash"] = fault.tx_hash
    if fault.program is not None:
        data["program"] = fault.program
    if fault.program_code is not None:
        data["programCode"] = fault.program_code
    return data


def _accepted_data(event: Accepted, terms: Terms) -> schema.AcceptedData:
    data = cast("schema.AcceptedData", {"userId": event.user_id, **terms_data(terms)})
    if event.correlation_id:
        data["correlationId"] = event.correlation_id
    return data


def _retry_data(event: RetryScheduled, _terms: Terms) -> schema.RetryData:
    return {
        "attempt": event.attempt,
        "delaySeconds": event.delay,
        "nextAttemptAt": format_timestamp(event.next_attempt_at),
        "error": fault_data(event.fault),
    }


def _routing_data(event: RoutingStarted, _terms: Terms) -> schema.RoutingData:
    return {"attempt": event.attempt, "venues": list(event.venues)}


def _building_data(event: TransactionSigned, terms: Terms) -> schema.BuildingData:
    transaction = event.transaction
    quotes: list[schema.QuoteData | schema.RefusedQuote] = [_quote_data(quote, terms) for quote in event.quotes]
    quotes += [{"venue": refusal.venue, "error": fault_data(refusal.fault)} for refusal in event.refusals]
    data: schema.BuildingData = {
        "attempt": transaction.swap.attempt,
        "quotes": quotes,
        "venue": transaction.venue,
        "reason": event.reason,
        "quotedAmountOut": format_amount(transaction.quoted_amount_out, terms.token_out),
        "minAmountOut": format_amount(transaction.min_amount_out, terms.token_out),
        "signature": transaction.signature,
        "validUntil": format_timestamp(transaction.valid_until),
    }
    if WRAPPED_SOL_MINT in (terms.token_in.mint, terms.token_out.mint):
        data["wrappedSol"] = {"mint": WRAPPED_SOL_MINT, "wrap": terms.token_in.mint == WRAPPED_SOL_MINT}
    return data


def _quote_data(quote: Quote, terms: Terms) -> schema.QuoteData:
    return {
        "venue": quote.venue,
        "amountOut": format_amount(quote.amount_out, terms.token_out),
        "fee": format_amount(quote.fee, terms.token_in),
        "priceImpact": quote.price_impact,
        "referencePrice": quote.reference_price,
    }


def _submitted_data(event: TransactionSubmitted, _terms: Terms) -> schema.SubmittedData:
    return {"attempt": event.attempt, "venue": event.venue, "txHash": event.tx_hash}


def _confirmed_data(event: Confirmed, terms: Terms) -> schema.ConfirmedData:
    return {
        "attempt": event.attempt,
        "venue": event.venue,
        "txHash": event.tx_hash,
        "amountOut": format_amount(event.amount_out, terms.token_out),
        "executedPrice": event.executed_price,
        "fee": format_amount(event.fee, terms.token_in),
        "priceImpact": event.price_impact,
        "slippageBps": event.slippage_bps,
        "pool": dict(event.pool),
    }


def _failed_data(event: Failed, _terms: Terms) -> schema.FailedData:
    return {"error": fault_data(event.fault), "attempts": event.attempts}


def _cancelled_data(event: Cancelled, _terms: Terms) -> schema.CancelledData:
    return {"by": event.by}


ENCODERS: dict[type[Event], Callable[[Any, Terms], schema.EventData]] = {
    Accepted: _accepted_data,
    RetryScheduled: _retry_data,
    RoutingStarted: _routing_data,
    TransactionSigned: _building_data,
    TransactionSubmitted: _submitted_data,
    Confirmed: _confirmed_data,
    Failed: _failed_data,
    Cancelled: _cancelled_data,
}
