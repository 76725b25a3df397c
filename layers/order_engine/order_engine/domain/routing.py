"""The choice between the venues' quotes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from order_engine.domain.amounts import format_ratio
from order_engine.domain.errors import ExecutionError, RetryableError
from order_engine.domain.events import Refusal
from order_engine.domain.swaps import Quote


def best_quote(quotes: Sequence[Quote]) -> Quote:
    """Return the quote with the most out; of equal ones the lower price impact, then the first name wins."""
    return min(quotes, key=lambda quote: (-quote.amount_out, Decimal(quote.price_impact), quote.venue))


def explain_choice(best: Quote, quotes: Sequence[Quote], refusals: Sequence[Refusal]) -> str:
    """Say in one sentence why `best` was chosen, and who gave no quote."""
    others = [quote for quote in quotes if quote is not best]
    reasons = [_comparison(best, other) for other in others]
    reasons += [f"{_title(refusal.venue)} gave no quote ({refusal.fault.code})" for refusal in refusals]
    return f"{_title(best.venue)} was chosen: {', '.join(reasons) or 'it is the only venue'}."


def error_without_quotes(errors: Sequence[ExecutionError]) -> ExecutionError:
    """Return the error to raise when all venues (one at least) refused: one that is retryable, else the first."""
    return next((error for error in errors if isinstance(error, RetryableError)), errors[0])


def _comparison(best: Quote, other: Quote) -> str:
    more = best.amount_out - other.amount_out
    if more:
        return f"it pays {format_ratio(more * 100, other.amount_out, places=4)} % more than {_title(other.venue)}"
    if Decimal(best.price_impact) < Decimal(other.price_impact):
        return f"it pays the same as {_title(other.venue)} with a lower price impact"
    return f"it pays the same as {_title(other.venue)}, and comes first by name"


def _title(venue: str) -> str:
    return venue.capitalize()
