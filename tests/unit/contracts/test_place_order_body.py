"""The request to place an order: what is accepted, what it means, and what is refused with which field and code."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from order_engine.application.errors import ForeignUserId
from order_engine.application.identity import ANONYMOUS, ANYONE, Caller
from order_engine.application.place_order import PlaceOrder
from order_engine.contracts.json_body import parse_object
from order_engine.contracts.place_order import parse_order
from order_engine.domain.errors import InvalidOrder
from order_engine.domain.tokens import WRAPPED_SOL_MINT
from tests.support.callers import ALICE
from tests.support.engine import InMemoryEngine
from tests.support.orders import terms

ORDER = {"tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1.5"}


def command(
    fields: dict[str, Any], default_slippage: str = "0.01", caller: Caller = ANYONE, **context: Any
) -> PlaceOrder:
    return parse_order(fields).to_command(caller, default_slippage, **context)


def faults(fields: dict[str, Any], **context: Any) -> set[tuple[str, str]]:
    """Return field and code of each fault."""
    with pytest.raises(InvalidOrder) as refused:
        command(fields, **context)
    assert all(error.message for error in refused.value.errors)
    return {(error.field, error.code) for error in refused.value.errors}


def test_the_smallest_order_is_a_market_order_with_the_default_slippage() -> None:
    assert command(ORDER) == PlaceOrder(ANYONE, terms("1.5", slippage="0.01"))
    assert command(ORDER).user_id == ANONYMOUS


@pytest.mark.parametrize("default", ["0.01", "0.005", "0"])
def test_the_default_slippage_is_a_setting(default: str) -> None:
    assert command(ORDER, default).terms == terms("1.5", slippage=default)


def test_everything_that_is_given_is_meant() -> None:
    everything = {
        "orderType": "market",
        "slippage": "0.02",
        "minAmountOut": "200",
        "clientOrderId": "mine",
        "userId": "alice",
    }
    asked = command({**ORDER, **everything}, correlation_id="request-1")
    assert asked.terms == terms("1.5", slippage="0.02", min_amount_out="200")
    assert (asked.user_id, asked.client_order_id, asked.idempotency_key) == ("alice", "mine", "mine")
    assert asked.correlation_id == "request-1"


@pytest.mark.parametrize(
    ("amount", "units", "entered"),
    [
        ("1.50", 1_500_000_000, "1.50"),
        (2, 2_000_000_000, "2"),
        (Decimal("1.50"), 1_500_000_000, "1.50"),
        (Decimal("1E-9"), 1, "0.000000001"),
        ("1e2", 100_000_000_000, "100"),
        ("9007199.254740993", 2**53 + 1, "9007199.254740993"),
    ],
)
def test_an_amount_is_kept_as_it_was_entered_but_without_exponent(amount: Any, units: int, entered: str) -> None:
    asked = command({**ORDER, "amountIn": amount})
    assert (asked.terms.amount_in, asked.terms.amount_in_entered) == (units, entered)


def test_a_json_number_is_never_a_binary_float() -> None:
    body = '{"tokenIn": "SOL", "tokenOut": "USDC", "amountIn": 9007199.254740993, "slippage": 0.1}'
    asked = command(parse_object(body)).terms
    assert (asked.amount_in, asked.slippage_bps) == (2**53 + 1, 1_000)
    assert faults({**ORDER, "amountIn": 1.5}) == {("amountIn", "invalid_type")}


def test_slippage_zero_is_zero_and_not_the_default() -> None:
    for zero in ("0", 0, Decimal("0.0")):
        assert command({**ORDER, "slippage": zero}).terms.slippage_bps == 0


def test_a_token_may_be_named_by_symbol_in_any_case_or_by_mint() -> None:
    assert command({**ORDER, "tokenIn": WRAPPED_SOL_MINT, "tokenOut": "usdc"}).terms == terms("1.5")


def test_the_aliases_of_older_clients_mean_the_same() -> None:
    older = {**ORDER, "type": "market", "slippageTolerance": "0.02"}
    assert command(older) == command({**ORDER, "orderType": "market", "slippage": "0.02"})


@pytest.mark.parametrize(
    ("twice", "second"),
    [
        ({"orderType": "market", "type": "market"}, "type"),
        ({"slippage": "0.01", "slippageTolerance": "0.02"}, "slippageTolerance"),
    ],
)
def test_a_field_and_its_alias_at_once_are_refused(twice: dict[str, str], second: str) -> None:
    assert faults({**ORDER, **twice}) == {(second, "unknown_field")}


@pytest.mark.parametrize("field", ["tokenIn", "tokenOut", "amountIn"])
def test_a_missing_field_is_named(field: str) -> None:
    assert faults({name: value for name, value in ORDER.items() if name != field}) == {(field, "missing_field")}


@pytest.mark.parametrize("field", ["slipage", "amount", "token_in", "amountin", "price", "__proto__", "", "x" * 300])
def test_an_unknown_field_is_named(field: str) -> None:
    assert faults({**ORDER, field: "1"}) == {(field[:64], "unknown_field")}


@pytest.mark.parametrize("value", [None, True, False, 1, [], {}, ["SOL"], {"symbol": "SOL"}])
@pytest.mark.parametrize("field", ["tokenIn", "tokenOut"])
def test_a_token_of_a_wrong_type_is_named(field: str, value: Any) -> None:
    assert faults({**ORDER, field: value}) == {(field, "invalid_type")}


@pytest.mark.parametrize("value", [None, True, False, [], {}, ["1"], {"amount": "1"}])
def test_an_amount_of_a_wrong_type_is_named(value: Any) -> None:
    assert faults({**ORDER, "amountIn": value}) == {("amountIn", "invalid_type")}


@pytest.mark.parametrize("field", ["clientOrderId", "userId"])
@pytest.mark.parametrize("value", ["", "x" * 129, "a\0b", "a\nb", "ü", "\ud800"])
def test_a_name_must_be_short_and_printable(field: str, value: str) -> None:
    assert faults({**ORDER, field: value}) == {(field, "invalid_value")}


@pytest.mark.parametrize("kind", ["limit", "MARKET", "", 5, None, True, ["market"]])
def test_only_market_orders_are_known(kind: Any) -> None:
    assert faults({**ORDER, "orderType": kind}) == {("orderType", "unsupported_value")}


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"tokenIn": "DOGE"}, {("tokenIn", "unknown_token")}),
        ({"tokenIn": ""}, {("tokenIn", "unknown_token")}),
        ({"tokenOut": "USDC\0"}, {("tokenOut", "unknown_token")}),
        ({"tokenOut": "x" * 65}, {("tokenOut", "invalid_value")}),
        ({"tokenOut": "SOL"}, {("tokenOut", "same_token")}),
        ({"tokenOut": "sol"}, {("tokenOut", "same_token")}),
        ({"tokenOut": WRAPPED_SOL_MINT}, {("tokenOut", "same_token")}),
        ({"amountIn": "0"}, {("amountIn", "amount_not_positive")}),
        ({"amountIn": "-1"}, {("amountIn", "amount_not_positive")}),
        ({"amountIn": "NaN"}, {("amountIn", "invalid_amount")}),
        ({"amountIn": "Infinity"}, {("amountIn", "invalid_amount")}),
        ({"amountIn": Decimal("1e400")}, {("amountIn", "invalid_amount")}),
        ({"amountIn": "1" * 100}, {("amountIn", "invalid_amount")}),
        ({"amountIn": "1" * 300}, {("amountIn", "invalid_value")}),
        ({"amountIn": "0.0000000001"}, {("amountIn", "too_many_decimals")}),
        ({"amountIn": "18446744073.709551616"}, {("amountIn", "amount_too_large")}),
        *(
            ({"slippage": wrong}, {("slippage", "invalid_slippage")})
            for wrong in ("-1", -1, "0.51", Decimal("0.51"), "5", 5, "0.00005", "x", "", "NaN", Decimal("1e400"))
        ),
        ({"slippageTolerance": "5"}, {("slippage", "invalid_slippage")}),
        ({"slippage": True}, {("slippage", "invalid_type")}),
        ({"minAmountOut": "0"}, {("minAmountOut", "amount_not_positive")}),
        ({"minAmountOut": "0.0000001"}, {("minAmountOut", "too_many_decimals")}),
        ({"minAmountOut": True}, {("minAmountOut", "invalid_type")}),
    ],
)
def test_what_makes_no_sense_is_named(fields: dict[str, Any], found: set[tuple[str, str]]) -> None:
    assert faults({**ORDER, **fields}) == found


def test_all_faults_are_told_at_once() -> None:
    assert faults({"tokenIn": "DOGE", "tokenOut": "USDC", "amountIn": "-1", "slippage": "5", "minAmountOut": "x"}) == {
        ("tokenIn", "unknown_token"),
        ("slippage", "invalid_slippage"),
        ("minAmountOut", "invalid_amount"),
    }
    assert faults({"tokenIn": 1, "amount": "1"}) == {
        ("tokenIn", "invalid_type"),
        ("tokenOut", "missing_field"),
        ("amountIn", "missing_field"),
        ("amount", "unknown_field"),
    }


@pytest.mark.parametrize(
    ("header", "client_order_id", "key"), [("k", None, "k"), (None, "k", "k"), ("k", "k", "k"), (None, None, None)]
)
def test_the_idempotency_key_is_the_header_or_the_client_order_id(
    header: str | None, client_order_id: str | None, key: str | None
) -> None:
    fields = {**ORDER, "clientOrderId": client_order_id} if client_order_id else ORDER
    asked = command(fields, idempotency_key=header)
    assert (asked.idempotency_key, asked.client_order_id) == (key, client_order_id)


def test_two_different_keys_are_refused() -> None:
    found = faults({**ORDER, "clientOrderId": "a"}, idempotency_key="b")
    assert found == {("clientOrderId", "idempotency_key_mismatch")}


def test_who_is_authenticated_orders_for_nobody_else() -> None:
    assert command(ORDER, caller=ALICE).user_id == "alice"
    assert command({**ORDER, "userId": "alice"}, caller=ALICE).user_id == "alice"
    engine = InMemoryEngine()
    with pytest.raises(ForeignUserId):
        engine.placement.place(command({**ORDER, "userId": "bob"}, caller=ALICE))
    assert engine.orders.orders == {}
