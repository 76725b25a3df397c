"""Receipts: from the JSON of a pool anybody gets the very same pool, and so the very same trade."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from order_engine.adapters.simulated_market.dex import Dex, Pool
from order_engine.adapters.simulated_market.market import HUBS, in_base_units, reference_price
from order_engine.adapters.simulated_market.meteora import MeteoraPool
from order_engine.adapters.simulated_market.raydium import RaydiumPool
from order_engine.adapters.simulated_market.receipts import camel_case, pool_of, recompute, write_receipt
from order_engine.adapters.simulated_market.registry import DEXES
from order_engine.domain.errors import NoLiquidity
from order_engine.domain.tokens import TOKENS
from tests.unit.simulated_market.swaps import amount_worth, make_swap

RAYDIUM, METEORA = DEXES
each_dex = pytest.mark.parametrize("dex", DEXES, ids=lambda dex: dex.name)
SYMBOLS = [token.symbol for token in TOKENS]
PAIRS = [(given, wanted) for given in SYMBOLS for wanted in SYMBOLS if given != wanted and {given, wanted} & {*HUBS}]
HALF = Fraction(1, 2)
draws = st.fractions(0, 1, max_denominator=10**6).filter(lambda draw: draw < 1)
amounts = st.integers(1, 2**64 - 1) | st.integers(1, 10**9)
moments = st.integers(0, 2**33)


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    """Draw a pool of any venue, for any pair, price and time."""
    dex, pair = draw(st.sampled_from(DEXES)), draw(st.sampled_from(PAIRS))
    return opened(dex, pair, draw(draws), draw(moments))


def opened(dex: Dex, pair: tuple[str, str], draw: Fraction, now: int = 1_750_000_000) -> Pool:
    swap = make_swap(*pair)
    return dex.pool.open(swap, in_base_units(reference_price(swap, dex.prices, draw), swap), now)


def as_read(pool: Pool) -> dict[str, Any]:
    """Return the pool's receipt as it comes out of an event."""
    read: dict[str, Any] = json.loads(json.dumps(write_receipt(pool)))
    return read


def told(trade: Callable[[int], Any], amount_in: int) -> Any:
    """Return what a trade gives, or why there is none."""
    try:
        return trade(amount_in)
    except NoLiquidity as error:
        return str(error)


@settings(deadline=None)
@given(pools(), amounts)
def test_a_receipt_gives_the_same_pool_and_the_same_fill(pool: Pool, amount_in: int) -> None:
    receipt = as_read(pool)
    assert pool_of(receipt) == pool
    assert type(pool_of(receipt)) is type(pool)
    assert told(partial(recompute, receipt), amount_in) == told(pool.trade, amount_in)


@each_dex
@pytest.mark.parametrize("pair", [("SOL", "USDC"), ("USDC", "SOL")])
@pytest.mark.parametrize("dollars", [1, 100_000])
def test_a_receipt_gives_the_same_fill_again(dex: Dex, pair: tuple[str, str], dollars: int) -> None:
    pool, swap = opened(dex, pair, HALF), make_swap(*pair, amount_worth(pair[0], dollars))
    assert recompute(write_receipt(pool), swap.amount_in) == pool.trade(swap.amount_in)


def test_every_venue_has_a_curve_of_its_own() -> None:
    assert len({dex.pool.curve for dex in DEXES}) == len(DEXES)


# --- The form of a receipt --------------------------------------------------------------------------------------------


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from leaves(part, (*path, name))
    else:
        yield path, value


def state(pool: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of each value of a pool's state, as a receipt spells it."""
    if is_dataclass(pool):
        for field in fields(pool):
            yield from state(getattr(pool, field.name), (*path, camel_case(field.name)))
    else:
        yield path


@each_dex
def test_a_receipt_names_the_curve_and_has_the_whole_state(dex: Dex) -> None:
    pool = opened(dex, ("SOL", "USDC"), HALF)
    receipt = as_read(pool)
    assert receipt["curve"] == dex.pool.curve
    assert {path for path, _ in leaves(receipt)} == {("curve",), *state(pool)}


@each_dex
def test_integers_are_decimal_strings_and_booleans_are_booleans(dex: Dex) -> None:
    for path, value in leaves(as_read(opened(dex, ("SOL", "USDC"), HALF))):
        assert isinstance(value, bool) or path == ("curve",) or value == str(int(value)), path


def test_the_receipts_of_raydium_and_meteora_are_spelt_as_they_always_were() -> None:
    assert as_read(RaydiumPool(1, 2, 3)) == {
        "curve": "constantProduct",
        "reserveIn": "1",
        "reserveOut": "2",
        "tradeFeeRate": "3",
    }
    pool = opened(METEORA, ("SOL", "USDC"), HALF)
    assert isinstance(pool, MeteoraPool)
    receipt = as_read(pool)
    assert list(receipt) == ["curve", "pair", "bins", "xToY", "now"]
    assert (receipt["curve"], receipt["xToY"], receipt["now"]) == ("dlmm", True, "1750000000")
    assert list(receipt["bins"]) == ["activeId", "binsEachSide", "amountX", "amountY"]
    assert list(receipt["pair"]) == [
        "binStep",
        "baseFactor",
        "baseFeePowerFactor",
        "variableFeeControl",
        "filterPeriod",
        "decayPeriod",
        "reductionFactor",
        "maxVolatilityAccumulator",
        "activeId",
        "indexReference",
        "volatilityAccumulator",
        "volatilityReference",
        "lastUpdateTimestamp",
    ]


# --- Altered and broken receipts --------------------------------------------------------------------------------------


def altered(receipt: Mapping[str, Any], path: tuple[str, ...], change: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the receipt with one value changed."""
    name, *rest = path
    value = altered(receipt[name], tuple(rest), change) if rest else change(receipt[name])
    return {**receipt, name: value}


def other(value: Any) -> Any:
    return not value if isinstance(value, bool) else str(int(value) + 1)


@each_dex
def test_an_altered_value_is_another_pool(dex: Dex) -> None:
    pool = opened(dex, ("SOL", "USDC"), HALF)
    receipt = as_read(pool)
    for path in state(pool):
        assert pool_of(altered(receipt, path, other)) != pool, path


DECISIVE = {
    RAYDIUM.name: "reserveIn reserveOut tradeFeeRate",
    METEORA.name: "pair/activeId pair/binStep pair/baseFactor bins/activeId bins/amountY bins/binsEachSide xToY",
}
"""Values that decide what a large trade gives, whatever the others are."""


@each_dex
def test_an_altered_value_shows_in_what_the_trade_gives(dex: Dex) -> None:
    pool = opened(dex, ("SOL", "USDC"), HALF)
    receipt, amount_in = as_read(pool), make_swap("SOL", "USDC", amount_worth("SOL", 1_950_000)).amount_in
    fill = pool.trade(amount_in)

    def much(value: Any) -> Any:
        return not value if isinstance(value, bool) else str(int(value) // 2)

    for path in (tuple(name.split("/")) for name in DECISIVE[dex.name].split()):
        assert told(partial(recompute, altered(receipt, path, much)), amount_in) != fill, path


@each_dex
def test_a_receipt_without_one_of_its_values_is_refused(dex: Dex) -> None:
    pool = opened(dex, ("SOL", "USDC"), HALF)
    receipt = as_read(pool)
    for path in state(pool):
        with pytest.raises(KeyError, match=path[-1]):
            recompute(without(receipt, path), 10**9)


def without(receipt: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    name, *rest = path
    left = {key: value for key, value in receipt.items() if key != name}
    return left | {name: without(receipt[name], tuple(rest))} if rest else left


@each_dex
@pytest.mark.parametrize("nonsense", ["", "x", "1.5", "0x10", " 1_0 ", 1.5, 10, None, [], "9" * 41])
def test_a_value_that_is_not_written_as_receipts_write_it_is_refused(dex: Dex, nonsense: object) -> None:
    pool = opened(dex, ("SOL", "USDC"), HALF)
    receipt = as_read(pool)
    for path, _ in leaves(receipt):
        if path != ("curve",):
            with pytest.raises(ValueError, match="as receipts write it"):
                recompute(altered(receipt, path, lambda _: nonsense), 10**9)


def test_a_receipt_of_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        recompute({"curve": "stable"}, 1)
    with pytest.raises(KeyError):
        recompute({}, 1)
