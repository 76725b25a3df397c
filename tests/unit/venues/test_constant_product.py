from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from order_engine.venues.constant_product import FEE_DENOMINATOR, Reserves
from tests.unit.venues.golden import golden

amounts = st.integers(1, 2**64 - 1)
pools = st.builds(Reserves, amounts, amounts, st.sampled_from([0, 1, 100, 2_500, 20_000, 999_999]))


@pytest.mark.parametrize("case", golden("constant_product.json"))
def test_gives_the_golden_amounts(case: dict[str, Any]) -> None:
    pool = Reserves(int(case["reserve_in"]), int(case["reserve_out"]), case["trade_fee_rate"])

    trade = pool.exact_in(int(case["amount_in"]))

    assert (trade.amount_out, trade.fee) == (int(case["amount_out"]), int(case["fee"]))


@given(pools, amounts)
def test_the_product_never_falls(pool: Reserves, amount_in: int) -> None:
    trade = pool.exact_in(amount_in)

    after = (pool.reserve_in + trade.net) * (pool.reserve_out - trade.amount_out)
    assert after >= pool.reserve_in * pool.reserve_out


@given(pools, amounts)
def test_rounding_never_favours_the_trader(pool: Reserves, amount_in: int) -> None:
    trade = pool.exact_in(amount_in)

    net = amount_in * (1 - Fraction(pool.trade_fee_rate, FEE_DENOMINATOR))
    assert trade.amount_out <= net * pool.reserve_out / (pool.reserve_in + net)
    assert trade.fee >= amount_in - net


@given(pools, amounts)
def test_fee_and_net_are_the_whole_input(pool: Reserves, amount_in: int) -> None:
    trade = pool.exact_in(amount_in)

    assert trade.fee + trade.net == trade.amount_in == amount_in
    assert 0 <= trade.fee <= amount_in


@given(pools, amounts)
def test_price_impact_is_what_the_price_lacks_to_the_pools_own(pool: Reserves, amount_in: int) -> None:
    trade = pool.exact_in(amount_in)

    impact = Fraction(*pool.price_impact(trade))

    unmoved = Fraction(trade.net * pool.reserve_out, pool.reserve_in)
    assert unmoved * (1 - impact) - 1 < trade.amount_out <= unmoved * (1 - impact)
