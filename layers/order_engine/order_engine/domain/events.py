"""The steps of an order's life, as they are stored, streamed and kept in the history.

An event's `data` is JSON in its form on the wire (camelCase names, amounts as decimal strings), so that the order
table, the stream, Postgres and every client hold the very same bytes of meaning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from order_engine.domain.amounts import BASIS_POINTS, format_amount, price, ratio
from order_engine.domain.errors import ExecutionError
from order_engine.domain.swaps import Landed, Quote, Reverted, Transaction
from order_engine.domain.tokens import WRAPPED_SOL_MINT, Token

Data = Mapping[str, Any]


class Status(StrEnum):
    """Where an order is in its life."""

    PENDING = "pending"
    ROUTING = "routing"
    BUILDING = "building"
    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """Whether no step can follow."""
        return self in _TERMINAL


_TERMINAL = frozenset({Status.CONFIRMED, Status.FAILED, Status.CANCELLED})


@dataclass(frozen=True, slots=True)
class Event:
    """One step. `seq` is the order's version after it: 1 for the acceptance, then gapless."""

    seq: int
    status: Status
    timestamp: datetime
    data: Data


def iso(moment: datetime) -> str:
    """Write an aware UTC time as ISO 8601 with milliseconds and Z."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_iso(text: str) -> datetime:
    """Read what `iso` wrote."""
    return datetime.fromisoformat(text)


def error_data(error: ExecutionError) -> dict[str, Any]:
    """Describe an error the way events and problem details do."""
    return {"code": error.code, "message": str(error)}


def reverted_error_data(transaction: Transaction, outcome: Reverted) -> dict[str, Any]:
    """Describe a failure on chain; its code means something only together with the program."""
    return {
        "code": "transaction_failed",
        "message": outcome.message,
        "venue": transaction.venue,
        "txHash": transaction.signature,
        "program": outcome.program,
        "programCode": outcome.code,
    }


def expired_error_data(transaction: Transaction) -> dict[str, Any]:
    """Describe a transaction that never landed and never will."""
    return {
        "code": "transaction_expired",
        "message": "The transaction did not land while it was valid; it can't land any more.",
        "venue": transaction.venue,
        "txHash": transaction.signature,
    }


def retry_data(attempt: int, delay: float, next_attempt_at: datetime, error: Data) -> Data:
    """`pending` once more: the number of the coming attempt, its delay in seconds, and what went wrong."""
    return {
        "attempt": attempt,
        "delaySeconds": round(delay, 3),
        "nextAttemptAt": iso(next_attempt_at),
        "error": error,
    }


def routing_data(attempt: int, venues: Sequence[str]) -> Data:
    """`routing`: which venues are asked for a quote."""
    return {"attempt": attempt, "venues": list(venues)}


def quote_data(quote: Quote, token_in: Token, token_out: Token) -> dict[str, str]:
    """One venue's quote."""
    return {
        "venue": quote.venue,
        "amountOut": format_amount(quote.amount_out, token_out),
        "fee": format_amount(quote.fee, token_in),
        "priceImpact": quote.price_impact,
        "referencePrice": quote.reference_price,
    }


def building_data(
    transaction: Transaction, quotes: Sequence[Quote], refused: Mapping[str, ExecutionError], reason: str
) -> Data:
    """`building`: the intent, written before anything is sent."""
    swap = transaction.swap
    data: dict[str, Any] = {
        "attempt": swap.attempt,
        "quotes": [quote_data(quote, swap.token_in, swap.token_out) for quote in quotes]
        + [{"venue": venue, "error": error_data(error)} for venue, error in refused.items()],
        "venue": transaction.venue,
        "reason": reason,
        "quotedAmountOut": format_amount(transaction.quoted_amount_out, swap.token_out),
        "minAmountOut": format_amount(transaction.min_amount_out, swap.token_out),
        "signature": transaction.signature,
        "validUntil": iso(transaction.valid_until),
    }
    wrapped = [token.symbol for token in (swap.token_in, swap.token_out) if token.mint == WRAPPED_SOL_MINT]
    if wrapped:
        data["wrappedSol"] = {"mint": WRAPPED_SOL_MINT, "wrap": swap.token_in.mint == WRAPPED_SOL_MINT}
    return data


def submitted_data(transaction: Transaction) -> Data:
    """`submitted`: the venue has it."""
    return {"attempt": transaction.swap.attempt, "venue": transaction.venue, "txHash": transaction.signature}


def confirmed_data(transaction: Transaction, landed: Landed) -> Data:
    """`confirmed`: the receipt, with the pool state that anybody can recompute it from."""
    swap = transaction.swap
    quoted = transaction.quoted_amount_out
    paid = landed.amount_out * 10**swap.token_in.decimals, swap.amount_in * 10**swap.token_out.decimals
    return {
        "attempt": swap.attempt,
        "venue": transaction.venue,
        "txHash": transaction.signature,
        "amountOut": format_amount(landed.amount_out, swap.token_out),
        "executedPrice": price(*paid),
        "fee": format_amount(landed.fee, swap.token_in),
        "priceImpact": landed.price_impact,
        "slippageBps": ratio((quoted - landed.amount_out) * BASIS_POINTS, quoted, places=2),
        "pool": landed.pool,
    }


def failed_data(error: Data, attempts: int) -> Data:
    """`failed`: the evidence, and how many attempts were made."""
    return {"error": error, "attempts": attempts}


def cancelled_data(by: str) -> Data:
    """`cancelled`: by whom."""
    return {"by": by}
