"""Whatever is swapped with a DLMM pair, in whatever order and at whatever pace: fee and price are those of its bins.

Volatility, fee rates and amounts are worked out here, by the rules of Meteora's program; only the bins' prices come
from the code, as golden vectors hold those.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from order_engine.domain.errors import NoLiquidity
from order_engine.venues.dlmm import Bin, BinFill, Swapped, fill_bins, swap
from order_engine.venues.dlmm_fees import PairState
from order_engine.venues.dlmm_prices import ONE, bin_price

BILLION = 10**9
FACTOR, FILTER, DECAY, REDUCTION, MOST = 10_000, 30, 600, 5_000, 350_000


class DlmmMachine(RuleBasedStateMachine):
    """Swaps with one pair and its bins; fees are kept apart, as Meteora does."""

    @initialize(
        step=st.sampled_from([1, 10, 100]),
        active=st.integers(-2_000, 2_000),
        control=st.sampled_from([0, 7_500, 200_000]),
        contents=st.lists(st.integers(0, 10**12), min_size=9, max_size=9),
    )
    def open(self, step: int, active: int, control: int, contents: list[int]) -> None:
        self.pair = PairState(step, FACTOR, 0, control, FILTER, DECAY, REDUCTION, MOST, active, active, 0, 0, 0)
        self.bins = {active + distance: self.filled(distance, contents[distance + 4]) for distance in range(-4, 5)}
        self.trader, self.fees, self.due, self.fills = [0, 0], [0, 0], [Fraction(), Fraction()], 0
        self.value = self.worth()

    @staticmethod
    def filled(distance: int, amount: int) -> Bin:
        return Bin(amount if distance >= 0 else 0, amount if distance <= 0 else 0)

    def price(self, number: int) -> Fraction:
        """Return what an X costs in this bin, in Y."""
        return Fraction(bin_price(number, self.pair.bin_step), ONE)

    def worth(self) -> Fraction:
        """Return what all bins hold, each at its own price, in Y."""
        return sum((one.amount_x * self.price(number) + one.amount_y for number, one in self.bins.items()), Fraction())

    @rule(amount=st.integers(1, 10**13), x_to_y=st.booleans(), elapsed=st.sampled_from([0, 29, 30, 599, 600]))
    def swap(self, amount: int, x_to_y: bool, elapsed: int) -> None:
        now = self.pair.last_update_timestamp + elapsed
        try:
            swapped = swap(self.pair, self.bins.get, amount, x_to_y, now)
        except NoLiquidity:
            return
        fills = list(fill_bins(self.pair, self.bins.get, amount, x_to_y, now))
        assert sum(fill.amount_in for fill in fills) == amount
        assert swapped == Swapped(*self.total(fills))
        self.wait(elapsed)
        for fill in fills:
            self.settle(fill, x_to_y, last=fill is fills[-1])
        given, taken = (0, 1) if x_to_y else (1, 0)
        self.fees[given] += swapped.fee
        self.trader[given] -= amount
        self.trader[taken] += swapped.amount_out
        self.pair = replace(self.pair, active_id=fills[-1].bin_id)

    @staticmethod
    def total(fills: list[BinFill]) -> tuple[int, int]:
        return sum(fill.amount_out for fill in fills), sum(fill.fee for fill in fills)

    def wait(self, elapsed: int) -> None:
        """Let volatility fade, as it does before a swap's first bin."""
        if elapsed >= FILTER:
            kept = self.pair.volatility_accumulator * REDUCTION // 10_000 if elapsed < DECAY else 0
            self.pair = replace(self.pair, index_reference=self.pair.active_id, volatility_reference=kept)
        self.pair = replace(self.pair, last_update_timestamp=self.pair.last_update_timestamp + elapsed)

    def rate(self, number: int) -> int:
        """Note the move to this bin and return its fee, in billionths."""
        pair = self.pair
        moved = pair.volatility_reference + abs(pair.index_reference - number) * 10_000
        self.pair = replace(pair, volatility_accumulator=min(moved, MOST))
        squared = (self.pair.volatility_accumulator * pair.bin_step) ** 2
        variable = -(-pair.variable_fee_control * squared // 10**11)
        return min(FACTOR * pair.bin_step * 10 + variable, BILLION // 10)

    def settle(self, fill: BinFill, x_to_y: bool, last: bool) -> None:
        """Check what happened in one bin by itself, then book it. No rounding takes more than one unit."""
        given, taken = (0, 1) if x_to_y else (1, 0)
        content, rate, net = list(self.bins[fill.bin_id]), self.rate(fill.bin_id), fill.amount_in - fill.fee
        assert 0 <= fill.fee * BILLION - fill.amount_in * rate < BILLION
        price = self.price(fill.bin_id) if x_to_y else 1 / self.price(fill.bin_id)
        assert fill.amount_out <= net * price
        if fill.amount_out == content[taken]:
            assert (net - 1) * price < content[taken]
        else:
            assert last
            assert net * price < fill.amount_out + 1
        content[given] += net
        content[taken] -= fill.amount_out
        self.bins[fill.bin_id] = Bin(*content)
        self.due[given] += Fraction(fill.amount_in * rate, BILLION)
        self.fills += 1

    @invariant()
    def all_fees_together_are_the_rates_on_what_was_given(self) -> None:
        for fees, due in zip(self.fees, self.due, strict=True):
            assert 0 <= fees - due <= self.fills

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
    def nobody_gets_something_for_nothing(self) -> None:
        assert self.trader == [0, 0] or min(self.trader) < 0


TestDlmm = DlmmMachine.TestCase
TestDlmm.settings = settings(max_examples=100, stateful_step_count=15, deadline=None)
