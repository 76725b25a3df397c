from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from order_engine.domain.errors import NoLiquidity
from order_engine.venues.dlmm import Bin, Swapped, fill_bins, swap
from order_engine.venues.dlmm_fees import FEE_PRECISION, MAX_FEE_RATE, PairState, fee_inside, fee_on_top
from order_engine.venues.dlmm_prices import ONE, bin_at_or_below, bin_price
from tests.unit.venues.golden import golden

Bins = dict[int, Bin]
reserves = st.just(0) | st.integers(1, 10**12)


@st.composite
def pairs(draw: st.DrawFn) -> PairState:
    active_id = draw(st.integers(-3_000, 3_000))
    return PairState(
        bin_step=draw(st.sampled_from([1, 2, 5, 10, 25, 100])),
        base_factor=draw(st.integers(0, 20_000)),
        base_fee_power_factor=draw(st.integers(0, 1)),
        variable_fee_control=draw(st.sampled_from([0, 7_500, 200_000])),
        filter_period=30,
        decay_period=600,
        reduction_factor=5_000,
        max_volatility_accumulator=350_000,
        active_id=active_id,
        index_reference=active_id + draw(st.integers(-5, 5)),
        volatility_accumulator=draw(st.integers(0, 350_000)),
        volatility_reference=draw(st.integers(0, 350_000)),
        last_update_timestamp=1_700_000_000,
    )


@st.composite
def swaps(draw: st.DrawFn) -> tuple[PairState, Bins, int, bool, int]:
    pair = draw(pairs())
    bins = {pair.active_id: Bin(draw(reserves), draw(reserves))}
    for distance in range(1, draw(st.integers(0, 8)) + 1):
        bins[pair.active_id + distance] = Bin(draw(reserves), 0)
        bins[pair.active_id - distance] = Bin(0, draw(reserves))
    now = pair.last_update_timestamp + draw(st.sampled_from([0, 29, 30, 599, 600]))
    return pair, bins, draw(st.integers(1, 10**13)), draw(st.booleans()), now


@pytest.mark.parametrize("case", golden("dlmm_bin_prices.json"))
def test_gives_the_golden_bin_prices(case: dict[str, Any]) -> None:
    assert bin_price(case["bin_id"], case["bin_step"]) == int(case["price_q64"])


@pytest.mark.parametrize("case", golden("dlmm_swaps.json"))
def test_gives_the_golden_swaps(case: dict[str, Any]) -> None:
    bins = {int(bin_id): Bin(*map(int, amounts)) for bin_id, amounts in case["bins"].items()}
    arguments = PairState(**case["pool"]), bins.get, int(case["swap"]["amount_in"])
    direction_and_time = case["swap"]["x_to_y"], case["swap"]["now"]

    if "error" in case["result"]:
        with pytest.raises(NoLiquidity):
            swap(*arguments, *direction_and_time)
        return
    result = swap(*arguments, *direction_and_time)
    fills = list(fill_bins(*arguments, *direction_and_time))

    assert {
        "amount_out": str(result.amount_out),
        "fee": str(result.fee),
        "bins_used": len(fills),
        "end_active_id": fills[-1].bin_id,
    } == case["result"]


def test_bin_0_costs_exactly_one() -> None:
    assert all(bin_price(0, step) == ONE for step in (1, 25, 400))


@pytest.mark.parametrize(("bin_id", "step"), [(2**19, 1), (-(2**19), 1), (2**18, 100), (-(2**18), 100)])
def test_prices_outside_of_q64_are_refused(bin_id: int, step: int) -> None:
    with pytest.raises(ValueError, match="bin"):
        bin_price(bin_id, step)


@given(st.fractions(Fraction(1, 10**8), 10**8), st.sampled_from([1, 2, 10, 100]))
def test_finds_the_nearest_bin_that_is_not_above_a_price(price: Fraction, step: int) -> None:
    found = bin_at_or_below(price, step)

    assert bin_price(found, step) <= price * ONE < bin_price(found + 1, step)


@given(st.integers(1, 2**64), st.integers(0, MAX_FEE_RATE))
def test_fee_on_top_is_the_fee_inside_the_sum(net: int, rate: int) -> None:
    fee = fee_on_top(net, rate)

    assert fee_inside(net + fee, rate) == fee


def test_the_fee_grows_with_the_distance_up_to_its_cap() -> None:
    pair = PairState(10, 10_000, 0, 75_000, 30, 600, 5_000, 350_000, 0, 0, 0, 0, 0)

    rates = [pair.fee_rate(bin_id) for bin_id in (0, 1, 2, 35, 36)]

    assert rates[0] == 1_000_000
    assert rates == sorted(rates)
    assert rates[1] < rates[2] < rates[3] == rates[4] < MAX_FEE_RATE


def test_the_fee_is_never_over_ten_percent() -> None:
    assert PairState(400, 60_000, 3, 10**9, 30, 600, 5_000, 350_000, 0, 0, 0, 0, 0).fee_rate(9) == MAX_FEE_RATE


def test_volatility_fades_with_time() -> None:
    pair = PairState(10, 10_000, 0, 0, 30, 600, 5_000, 350_000, 7, 3, 10_001, 42, 1_000)

    assert pair.at(1_029) == pair
    for now, reference in [(1_030, 5_000), (1_599, 5_000), (1_600, 0)]:
        assert (pair.at(now).index_reference, pair.at(now).volatility_reference) == (7, reference)


def test_an_input_that_just_empties_the_bin_is_used_up() -> None:
    """At 10 % both 10 and 11 units are 9 net; the eleventh is fee, and no bin is asked to take it."""
    pair = PairState(100, 10_000, 1, 0, 30, 600, 5_000, 350_000, 0, 0, 0, 0, 0)
    assert pair.fee_rate(0) == MAX_FEE_RATE

    assert swap(pair, {0: Bin(0, 9)}.get, 11, x_to_y=True, now=0) == Swapped(9, 2)
    assert [fill.bin_id for fill in fill_bins(pair, {0: Bin(0, 9)}.get, 11, x_to_y=True, now=0)] == [0]
    with pytest.raises(NoLiquidity):
        swap(pair, {0: Bin(0, 9)}.get, 12, x_to_y=True, now=0)


@given(swaps())
def test_the_fills_add_up(case: tuple[PairState, Bins, int, bool, int]) -> None:
    pair, bins, amount_in, x_to_y, now = case
    try:
        result = swap(pair, bins.get, amount_in, x_to_y, now)
    except NoLiquidity:
        return
    fills = list(fill_bins(pair, bins.get, amount_in, x_to_y, now))

    assert sum(fill.amount_in for fill in fills) == amount_in
    assert sum(fill.fee for fill in fills) == result.fee
    assert sum(fill.amount_out for fill in fills) == result.amount_out


@given(swaps())
def test_no_bin_loses_value_or_gives_more_than_it_holds(case: tuple[PairState, Bins, int, bool, int]) -> None:
    pair, bins, amount_in, x_to_y, now = case
    left = amount_in
    try:
        for fill in fill_bins(pair, bins.get, amount_in, x_to_y, now):
            left -= fill.amount_in
            price = Fraction(bin_price(fill.bin_id, pair.bin_step), ONE)
            worth = price if x_to_y else 1 / price
            assert fill.amount_out <= (fill.amount_in - fill.fee) * worth
            assert fill.amount_out <= bins[fill.bin_id][1 if x_to_y else 0]
            assert fill.fee * FEE_PRECISION >= fill.amount_in * pair.at(now).fee_rate(fill.bin_id)
    except NoLiquidity:
        assert left > 0
    else:
        assert left == 0


@given(swaps())
def test_more_in_never_gives_less_out(case: tuple[PairState, Bins, int, bool, int]) -> None:
    pair, bins, amount_in, x_to_y, now = case
    try:
        more = swap(pair, bins.get, amount_in + 1, x_to_y, now)
    except NoLiquidity:
        return

    assert swap(pair, bins.get, amount_in, x_to_y, now).amount_out <= more.amount_out
