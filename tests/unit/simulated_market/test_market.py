from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import permutations

import pytest

from order_engine.adapters.simulated_market.dex import Dex, Pool
from order_engine.adapters.simulated_market.market import (
    BASE_PRICES,
    HUBS,
    gives_x,
    hash_draw,
    in_base_units,
    price_text,
    reference_price,
)
from order_engine.adapters.simulated_market.meteora import METEORA, MeteoraPool
from order_engine.adapters.simulated_market.raydium import RAYDIUM
from order_engine.adapters.simulated_market.registry import DEXES
from order_engine.domain.errors import NoLiquidity, UnknownPair
from order_engine.domain.tokens import TOKENS
from order_engine.venues.dlmm_prices import ONE, bin_price
from tests.unit.simulated_market.swaps import amount_worth, make_swap

PAIRS = list(permutations((token.symbol for token in TOKENS), 2))
KNOWN_PAIRS = [pair for pair in PAIRS if {*pair} & {*HUBS}]
HALF = Fraction(1, 2)


def test_every_token_has_a_base_price() -> None:
    assert {token.symbol for token in TOKENS} == BASE_PRICES.keys()


def test_draws_differ_in_everything_they_are_made_of() -> None:
    draws = [
        hash_draw("1", "raydium", make_swap(), "price"),
        hash_draw("2", "raydium", make_swap(), "price"),
        hash_draw("1", "meteora", make_swap(), "price"),
        hash_draw("1", "raydium", make_swap(order="o2"), "price"),
        hash_draw("1", "raydium", make_swap(attempt=2), "price"),
        hash_draw("1", "raydium", make_swap(), "quote"),
    ]

    assert len(set(draws)) == len(draws)
    assert all(0 <= r < 1 for r in draws)
    assert draws[0] == hash_draw("1", "raydium", make_swap(), "price")


def test_draws_are_spread_evenly() -> None:
    draws = [hash_draw("1", "raydium", make_swap(order=str(n)), "price") for n in range(1_000)]

    deciles = [sum(1 for r in draws if int(r * 10) == decile) for decile in range(10)]
    assert all(70 < count < 130 for count in deciles)


@pytest.mark.parametrize(
    ("dex", "r", "factor"),
    [(RAYDIUM, 0, "0.98"), (RAYDIUM, 1, "1.02"), (METEORA, 0, "0.97"), (METEORA, 1, "1.02")],
)
def test_reference_prices_lie_in_the_venues_range(dex: Dex, r: int, factor: str) -> None:
    assert reference_price(make_swap("SOL", "USDC"), dex.prices, Fraction(r)) == 150 * Fraction(factor)


@pytest.mark.parametrize("dex", DEXES)
@pytest.mark.parametrize(("token_in", "token_out"), PAIRS)
def test_pools_exist_exactly_where_one_side_is_a_hub(dex: Dex, token_in: str, token_out: str) -> None:
    swap = make_swap(token_in, token_out)
    if {token_in, token_out} & {*HUBS}:
        assert reference_price(swap, dex.prices, HALF) > 0
    else:
        with pytest.raises(UnknownPair, match=f"{token_in} and {token_out}"):
            reference_price(swap, dex.prices, HALF)


def test_a_token_has_no_pool_with_itself() -> None:
    with pytest.raises(UnknownPair):
        reference_price(make_swap("SOL", "SOL"), RAYDIUM.prices, HALF)


def test_of_both_directions_of_a_pair_exactly_one_gives_x() -> None:
    assert all(gives_x(make_swap(*pair)) != gives_x(make_swap(*pair[::-1])) for pair in KNOWN_PAIRS)
    assert gives_x(make_swap("SOL", "USDC"))
    assert gives_x(make_swap("mSOL", "SOL"))
    assert gives_x(make_swap("USDT", "USDC"))


@pytest.mark.parametrize("dex", DEXES)
@pytest.mark.parametrize(("token_in", "token_out"), KNOWN_PAIRS)
def test_a_small_trade_gets_the_reference_price_less_the_fee(dex: Dex, token_in: str, token_out: str) -> None:
    swap = make_swap(token_in, token_out, amount_worth(token_in, dollars=100))
    price = in_base_units(reference_price(swap, dex.prices, HALF), swap)

    fill = dex.pool.open(swap, price, now=0).trade(swap.amount_in)

    fair = (swap.amount_in - fill.fee) * price
    assert abs(fill.amount_out / fair - 1) < Fraction(3, 10_000)
    assert Fraction(19, 10_000) < Fraction(fill.fee, swap.amount_in) < Fraction(26, 10_000)
    assert Decimal(fill.price_impact) <= Decimal("0.00003")


@pytest.mark.parametrize("dex", DEXES)
@pytest.mark.parametrize("pair", [("SOL", "USDC"), ("USDC", "SOL"), ("BONK", "SOL"), ("SOL", "BONK")])
def test_the_larger_the_trade_the_larger_its_impact_until_it_is_refused(dex: Dex, pair: tuple[str, str]) -> None:
    pool = _pool(dex, *pair)
    sizes = [make_swap(*pair, amount_worth(pair[0], dollars)).amount_in for dollars in (10**3, 10**5, 10**6)]

    impacts = [Decimal(pool.trade(size).price_impact) for size in sizes]

    assert impacts == sorted(set(impacts))
    with pytest.raises(NoLiquidity, match="not enough liquidity"):
        pool.trade(make_swap(*pair, amount_worth(pair[0], 10**7)).amount_in)


@pytest.mark.parametrize("dex", DEXES)
@pytest.mark.parametrize("amount", [1, 2**64 - 1])
def test_dust_and_the_largest_amount_of_all_are_refused(dex: Dex, amount: int) -> None:
    with pytest.raises(NoLiquidity):
        _pool(dex, "USDC", "SOL").trade(amount)


@pytest.mark.parametrize("dex", DEXES)
@pytest.mark.parametrize("pair", KNOWN_PAIRS)
def test_a_round_trip_never_gains(dex: Dex, pair: tuple[str, str]) -> None:
    price = reference_price(make_swap(*pair), dex.prices, HALF)
    there, back = make_swap(*pair, amount_worth(pair[0], 5_000)), make_swap(*pair[::-1])

    got = dex.pool.open(there, in_base_units(price, there), now=0).trade(there.amount_in)
    returned = dex.pool.open(back, in_base_units(1 / price, back), now=0).trade(got.amount_out)

    assert returned.amount_out < there.amount_in


@pytest.mark.parametrize("pair", [("SOL", "USDC"), ("USDC", "SOL")])
def test_meteoras_active_bin_is_the_nearest_not_above_the_price(pair: tuple[str, str]) -> None:
    swap = make_swap(*pair)
    price = in_base_units(reference_price(swap, METEORA.prices, HALF), swap)

    pool = MeteoraPool.open(swap, price, now=0)

    x_in_y = price if pair[0] == "SOL" else 1 / price
    step, active = pool.pair.bin_step, pool.pair.active_id
    assert bin_price(active, step) <= x_in_y * ONE < bin_price(active + 1, step)
    assert pool.x_to_y is (pair[0] == "SOL")


@pytest.mark.parametrize(
    ("price", "text"),
    [
        (Fraction(150), "150"),
        (Fraction(1, 3), "0.333333333"),
        (Fraction(1, 7_500_000), "0.000000133333333"),
        (Fraction(7_654_321_987, 1_000), "7654321.99"),
    ],
)
def test_prices_are_written_with_nine_digits(price: Fraction, text: str) -> None:
    assert price_text(price) == text


def _pool(dex: Dex, token_in: str, token_out: str) -> Pool:
    swap = make_swap(token_in, token_out)
    return dex.pool.open(swap, in_base_units(reference_price(swap, dex.prices, HALF), swap), now=1_750_000_000)
