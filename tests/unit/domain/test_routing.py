"""The choice between the venues' quotes, and the sentence that explains it."""

from __future__ import annotations

import pytest

from order_engine.domain.errors import ExecutionError, NoLiquidity, QuoteUnavailable, UnknownPair
from order_engine.domain.events import Fault, Refusal
from order_engine.domain.routing import best_quote, error_without_quotes, explain_choice
from order_engine.domain.swaps import Quote


def quote(venue: str, amount_out: int, price_impact: str = "0.001") -> Quote:
    return Quote(venue, amount_out, fee=1, price_impact=price_impact, reference_price="150")


@pytest.mark.parametrize(
    ("quotes", "venue", "sentence"),
    [
        (
            [quote("meteora", 1_000_000), quote("raydium", 1_005_000)],
            "raydium",
            "Raydium was chosen: it pays 0.5 % more than Meteora.",
        ),
        (
            [quote("raydium", 1_000_000), quote("meteora", 1_000_001)],
            "meteora",
            "Meteora was chosen: it pays 0.0001 % more than Raydium.",
        ),
        (
            [quote("meteora", 5, "0.01"), quote("raydium", 5, "0.009")],
            "raydium",
            "Raydium was chosen: it pays the same as Meteora with a lower price impact.",
        ),
        (
            [quote("raydium", 5, "0.01"), quote("meteora", 5, "0.010")],
            "meteora",
            "Meteora was chosen: it pays the same as Raydium, and comes first by name.",
        ),
        ([quote("raydium", 5)], "raydium", "Raydium was chosen: it is the only venue."),
    ],
)
def test_the_larger_amount_out_wins(quotes: list[Quote], venue: str, sentence: str) -> None:
    best = best_quote(quotes)

    assert best.venue == venue
    assert best_quote(quotes[::-1]) is best
    assert explain_choice(best, quotes, []) == sentence


def test_the_explanation_names_who_gave_no_quote() -> None:
    only = quote("meteora", 7)

    sentence = explain_choice(only, [only], [Refusal("raydium", Fault.of(QuoteUnavailable("no answer")))])

    assert sentence == "Meteora was chosen: Raydium gave no quote (quote_unavailable)."


@pytest.mark.parametrize(
    ("errors", "raised"),
    [
        ([NoLiquidity("big"), QuoteUnavailable("busy")], QuoteUnavailable),
        ([QuoteUnavailable("busy"), NoLiquidity("big")], QuoteUnavailable),
        ([UnknownPair("pair"), NoLiquidity("big")], UnknownPair),
    ],
)
def test_without_a_quote_a_retryable_error_is_raised_if_any_venue_has_one(
    errors: list[ExecutionError], raised: type[ExecutionError]
) -> None:
    assert type(error_without_quotes(errors)) is raised
