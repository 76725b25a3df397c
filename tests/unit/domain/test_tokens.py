"""Tokens are found by symbol, in any case, or by mint address, exactly."""

from __future__ import annotations

import pytest

from order_engine.domain.tokens import TOKENS, WRAPPED_SOL_MINT, Token, find_token, token


@pytest.mark.parametrize("known", TOKENS, ids=lambda known: known.symbol)
def test_a_token_is_found_by_symbol_and_by_mint(known: Token) -> None:
    for name in (known.symbol, known.symbol.lower(), known.symbol.upper(), known.mint):
        assert find_token(name) is known
    assert token(known.symbol) is known


@pytest.mark.parametrize(
    "name", ["", " SOL", "SOL ", "DOGE", "sol\0", "\u017fOL", WRAPPED_SOL_MINT.lower(), WRAPPED_SOL_MINT[:-1]]
)
def test_nothing_else_is_a_token(name: str) -> None:
    assert find_token(name) is None


def test_a_symbol_that_no_order_can_hold_is_an_error() -> None:
    with pytest.raises(KeyError):
        token("DOGE")


def test_symbols_and_mints_are_unambiguous() -> None:
    names = [name for known in TOKENS for name in (known.symbol.upper(), known.mint, known.mint.upper())]
    assert len(set(names)) == len(names)
