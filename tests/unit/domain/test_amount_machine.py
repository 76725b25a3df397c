"""Whatever amounts come in, go out and are added up: not a base unit is made or lost on the way."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from order_engine.domain.amounts import MAX_BASE_UNITS, format_amount, min_amount_out, parse_amount, read_amount
from order_engine.domain.errors import InvalidOrder
from order_engine.domain.tokens import TOKENS, Token

units = st.integers(1, MAX_BASE_UNITS)


def written(amount: int, token: Token, style: str) -> str:
    """Write base units as people and programs do, with nothing but integers."""
    digits = str(amount)
    if style == "exponent":
        return f"{digits}e-{token.decimals}"
    digits = digits.rjust(token.decimals + 1, "0")
    plain = f"{digits[: -token.decimals]}.{digits[-token.decimals :]}"
    return plain.rstrip("0").rstrip(".") if style == "short" else plain


class AmountMachine(RuleBasedStateMachine):
    """A purse that is filled and emptied by texts; `total` is what it should hold, as a fraction of tokens."""

    @initialize(token=st.sampled_from(TOKENS))
    def open(self, token: Token) -> None:
        self.token = token
        self.held = 0
        self.total = Fraction()

    @rule(amount=units, style=st.sampled_from(["full", "short", "exponent"]))
    def put_in(self, amount: int, style: str) -> None:
        text = written(amount, self.token, style)
        assert parse_amount("amountIn", text, self.token) == amount
        assert Fraction(format_amount(parse_amount("amountIn", text, self.token), self.token)) == Fraction(text)
        if self.held + amount <= MAX_BASE_UNITS:
            self.held += parse_amount("amountIn", text, self.token)
            self.total += Fraction(text)
        else:
            with pytest.raises(InvalidOrder):
                parse_amount("amountIn", format_amount(self.held + amount, self.token), self.token)

    @rule(share=st.fractions(0, 1))
    def take_out(self, share: Fraction) -> None:
        text = format_amount(int(self.held * share), self.token)
        self.held -= read_amount(text, self.token)
        self.total -= Fraction(text)

    @rule(slippage=st.integers(0, 5_000))
    def ask_for_the_least(self, slippage: int) -> None:
        least = min_amount_out(self.held, slippage)
        assert least * 10_000 <= self.held * (10_000 - slippage) < (least + 1) * 10_000

    @invariant()
    def it_holds_the_sum_of_what_was_written(self) -> None:
        assert self.total == Fraction(self.held, 10**self.token.decimals)

    @invariant()
    def from_text_to_units_and_back_nothing_changes(self) -> None:
        text = format_amount(self.held, self.token)
        assert Fraction(text) == self.total
        assert format_amount(read_amount(text, self.token), self.token) == text
        if self.held:
            again = parse_amount("amountIn", Decimal(text), self.token)
            assert (again, format_amount(again, self.token)) == (self.held, text)


TestAmounts = AmountMachine.TestCase
TestAmounts.settings = settings(max_examples=100, stateful_step_count=15, deadline=None)
