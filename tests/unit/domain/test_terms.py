"""Terms: what they mean, however they were written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from order_engine.domain.terms import Terms
from tests.support.orders import terms


def test_the_least_amount_out_is_the_stricter_of_slippage_and_limit() -> None:
    assert terms(slippage="0.01").min_amount_out_for(10_000) == 9_900
    assert terms(slippage="0.01", min_amount_out="0.0095").min_amount_out_for(10_000) == 9_900
    assert terms(slippage="0.01", min_amount_out="0.00995").min_amount_out_for(10_000) == 9_950


def test_terms_agree_however_they_were_written() -> None:
    assert terms("1", slippage="0.01").agrees_with(terms("1.0", slippage="1e-2"))


@pytest.mark.parametrize(
    "other",
    [
        terms("1.6"),
        terms(slippage="0.02"),
        terms(min_amount_out="1"),
        terms(token_in="mSOL"),
        terms(token_out="USDT"),
        replace(terms(), order_type="limit"),
    ],
)
def test_terms_that_mean_something_else_do_not_agree(other: Terms) -> None:
    assert not terms().agrees_with(other)
