"""Whatever is traded with a constant product pool, in whatever order: the fee is the rate, and nobody outwits it.

What is due is worked out here, by the rules of Raydium's program, and not with the code's own helpers.
"""

from __future__ import annotations

from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from order_engine.venues.constant_product import Reserves, Trade

MILLION = 1_000_000
Sides = tuple[int, int]
"""The token that the trader gives, and the one that he takes."""

amounts = st.integers(1, 2**64 - 1)
directions = st.sampled_from([(0, 1), (1, 0)])


class ConstantProductMachine(RuleBasedStateMachine):
    """Trades with one pool; fees stay in it."""

    @initialize(x=amounts, y=amounts, rate=st.sampled_from([0, 1, 2_500, 20_000, 999_999]))
    def open(self, x: int, y: int, rate: int) -> None:
        self.reserves = [x, y]
        self.rate = rate
        self.product = x * y
        self.trader, self.given, self.fees, self.trades = [0, 0], [0, 0], [0, 0], 0

    def pool(self, sides: Sides) -> Reserves:
        return Reserves(self.reserves[sides[0]], self.reserves[sides[1]], self.rate)

    def settle(self, sides: Sides, trade: Trade) -> None:
        """Check a trade by itself: its fee is the least whole number that is not below the rate; then book it."""
        given, taken = sides
        assert trade.fee == -(-trade.amount_in * self.rate // MILLION)
        left = self.reserves[taken] - trade.amount_out
        moved = self.reserves[given] + trade.amount_in - trade.fee
        assert moved * left >= self.reserves[0] * self.reserves[1]  # without the fee, too
        self.trades += 1
        self.fees[given] += trade.fee
        self.given[given] += trade.amount_in
        self.reserves[given] += trade.amount_in
        self.reserves[taken] -= trade.amount_out
        self.trader[given] -= trade.amount_in
        self.trader[taken] += trade.amount_out

    @rule(amount=amounts, sides=directions)
    def give_exactly(self, amount: int, sides: Sides) -> None:
        pool = self.pool(sides)
        trade = pool.exact_in(amount)
        assert trade.amount_in == amount
        moved = pool.reserve_in + amount - trade.fee
        one_more = pool.reserve_out - trade.amount_out - 1
        assert moved * one_more < pool.reserve_in * pool.reserve_out  # no more is kept than the rounding
        assert pool.exact_in(self.cheapest(pool, trade.amount_out)).amount_out == trade.amount_out
        assert self.cheapest(pool, trade.amount_out) <= amount
        self.settle(sides, trade)

    @staticmethod
    def cheapest(pool: Reserves, wanted: int) -> int:
        """Return the least amount in that buys `wanted`."""
        net = -(-pool.reserve_in * wanted // (pool.reserve_out - wanted))
        return -(-net * MILLION // (MILLION - pool.trade_fee_rate))

    @rule(share=st.fractions(0, 1), sides=directions)
    def take_at_least(self, share: Fraction, sides: Sides) -> None:
        pool = self.pool(sides)
        wanted = int((pool.reserve_out - 1) * share)
        trade = pool.exact_in(self.cheapest(pool, wanted))
        assert trade.amount_out >= wanted
        if wanted:
            assert pool.exact_in(trade.amount_in - 1).amount_out < wanted
        self.settle(sides, trade)

    @rule(amount=amounts, sides=directions)
    def there_and_back(self, amount: int, sides: Sides) -> None:
        there = self.pool(sides).exact_in(amount)
        self.settle(sides, there)
        if there.amount_out:
            back = self.pool(sides[::-1]).exact_in(there.amount_out)
            self.settle(sides[::-1], back)
            assert back.amount_out <= amount

    @invariant()
    def the_product_never_falls(self) -> None:
        product = self.reserves[0] * self.reserves[1]
        assert product >= self.product
        self.product = product

    @invariant()
    def all_fees_together_are_the_rate_on_all_that_was_given(self) -> None:
        for fees, given in zip(self.fees, self.given, strict=True):
            assert 0 <= fees * MILLION - given * self.rate <= self.trades * MILLION

    @invariant()
    def both_sides_keep_something(self) -> None:
        assert min(self.reserves) >= 1

    @invariant()
    def nobody_gets_something_for_nothing(self) -> None:
        assert self.trader == [0, 0] or min(self.trader) < 0


TestConstantProduct = ConstantProductMachine.TestCase
TestConstantProduct.settings = settings(max_examples=100, stateful_step_count=15, deadline=None)
