"""Whatever is traded with a pool, in whatever order: nothing comes from nowhere, and nobody outwits it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from order_engine.domain.errors import NoLiquidity
from order_engine.venues.constant_product import Reserves, Trade
from order_engine.venues.dlmm import Bin, BinFill, fill_bins
from order_engine.venues.dlmm_fees import PairState
from order_engine.venues.dlmm_prices import ONE, bin_price

amounts = st.integers(1, 2**64 - 1)
IN, OUT = (0, 1), (1, 0)
"""The side that the trader gives, and the one that he takes."""


class ConstantProductMachine(RuleBasedStateMachine):
    """Trades with one pool; fees stay in it."""

    @initialize(x=amounts, y=amounts, rate=st.sampled_from([0, 1, 2_500, 20_000, 999_999]))
    def open(self, x: int, y: int, rate: int) -> None:
        self.start = (x, y)
        self.reserves = [x, y]
        self.trader = [0, 0]
        self.rate = rate
        self.product = x * y

    def pool(self, sides: tuple[int, int]) -> Reserves:
        return Reserves(self.reserves[sides[0]], self.reserves[sides[1]], self.rate)

    def settle(self, sides: tuple[int, int], trade: Trade) -> None:
        given, taken = sides
        assert trade.fee + trade.net == trade.amount_in
        assert trade.fee * 1_000_000 >= trade.amount_in * self.rate
        self.reserves[given] += trade.amount_in
        self.reserves[taken] -= trade.amount_out
        self.trader[given] -= trade.amount_in
        self.trader[taken] += trade.amount_out

    @rule(amount=amounts, sides=st.sampled_from([IN, OUT]))
    def give_exactly(self, amount: int, sides: tuple[int, int]) -> None:
        self.settle(sides, self.pool(sides).exact_in(amount))

    @rule(share=st.fractions(0, 1), sides=st.sampled_from([IN, OUT]))
    def take_exactly(self, share: Fraction, sides: tuple[int, int]) -> None:
        pool = self.pool(sides)
        wanted = int((pool.reserve_out - 1) * share)
        trade = pool.exact_out(wanted)
        assert pool.exact_in(trade.amount_in).amount_out >= wanted
        self.settle(sides, trade)

    @rule(amount=amounts, sides=st.sampled_from([IN, OUT]))
    def there_and_back(self, amount: int, sides: tuple[int, int]) -> None:
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
    def nothing_comes_from_nowhere(self) -> None:
        assert tuple(map(sum, zip(self.reserves, self.trader, strict=True))) == self.start
        assert min(self.reserves) >= 1

    @invariant()
    def nobody_gets_something_for_nothing(self) -> None:
        assert self.trader == [0, 0] or min(self.trader) < 0


class DlmmMachine(RuleBasedStateMachine):
    """Trades with one pair and its bins; fees are kept apart, as Meteora does."""

    @initialize(
        step=st.sampled_from([1, 10, 100]),
        active=st.integers(-2_000, 2_000),
        control=st.sampled_from([0, 7_500]),
        contents=st.lists(st.integers(0, 10**12), min_size=9, max_size=9),
    )
    def open(self, step: int, active: int, control: int, contents: list[int]) -> None:
        self.pair = PairState(step, 10_000, 0, control, 30, 600, 5_000, 350_000, active, active, 0, 0, 0)
        self.bins = {active + distance: self.filled(distance, contents[distance + 4]) for distance in range(-4, 5)}
        self.trader, self.fees = [0, 0], [0, 0]
        self.start = self.held()
        self.value = self.worth()

    @staticmethod
    def filled(distance: int, amount: int) -> Bin:
        return Bin(amount if distance >= 0 else 0, amount if distance <= 0 else 0)

    def held(self) -> list[int]:
        return [sum(one.amount_x for one in self.bins.values()), sum(one.amount_y for one in self.bins.values())]

    def worth(self) -> Fraction:
        """Return what all bins hold, each at its own price, in Y."""
        prices = {number: Fraction(bin_price(number, self.pair.bin_step), ONE) for number in self.bins}
        return sum((one.amount_x * prices[number] + one.amount_y for number, one in self.bins.items()), Fraction())

    @rule(amount=st.integers(1, 10**13), x_to_y=st.booleans(), elapsed=st.sampled_from([0, 29, 30, 600]))
    def swap(self, amount: int, x_to_y: bool, elapsed: int) -> None:
        now = self.pair.last_update_timestamp + elapsed
        try:
            fills = list(fill_bins(self.pair, self.bins.get, amount, x_to_y, now))
        except NoLiquidity:
            return
        assert sum(fill.amount_in for fill in fills) == amount
        for fill in fills:
            self.settle(fill, x_to_y)
        end = fills[-1].bin_id
        self.pair = replace(self.pair.at(now), active_id=end, last_update_timestamp=now)

    def settle(self, fill: BinFill, x_to_y: bool) -> None:
        given, taken = IN if x_to_y else OUT
        content = list(self.bins[fill.bin_id])
        content[given] += fill.amount_in - fill.fee
        content[taken] -= fill.amount_out
        self.bins[fill.bin_id] = Bin(*content)
        self.fees[given] += fill.fee
        self.trader[given] -= fill.amount_in
        self.trader[taken] += fill.amount_out

    @invariant()
    def no_bin_is_overdrawn(self) -> None:
        assert all(min(content) >= 0 for content in self.bins.values())

    @invariant()
    def only_the_active_bin_holds_both(self) -> None:
        for number, content in self.bins.items():
            assert not content.amount_y or number <= self.pair.active_id
            assert not content.amount_x or number >= self.pair.active_id

    @invariant()
    def the_bins_never_lose_value(self) -> None:
        worth = self.worth()
        assert worth >= self.value
        self.value = worth

    @invariant()
    def nothing_comes_from_nowhere(self) -> None:
        assert [sum(parts) for parts in zip(self.held(), self.trader, self.fees, strict=True)] == self.start

    @invariant()
    def nobody_gets_something_for_nothing(self) -> None:
        assert self.trader == [0, 0] or min(self.trader) < 0


TestConstantProduct = ConstantProductMachine.TestCase
TestConstantProduct.settings = settings(max_examples=100, stateful_step_count=15, deadline=None)

TestDlmm = DlmmMachine.TestCase
TestDlmm.settings = settings(max_examples=100, stateful_step_count=15, deadline=None)
