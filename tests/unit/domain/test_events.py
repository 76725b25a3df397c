"""What the events say, as clients see it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from order_engine.domain.errors import NoLiquidity, QuoteUnavailable
from order_engine.domain.events import (
    Status,
    building_data,
    confirmed_data,
    expired_error_data,
    iso,
    parse_iso,
    quote_data,
    reverted_error_data,
)
from order_engine.domain.swaps import Landed, Reverted
from order_engine.domain.tokens import WRAPPED_SOL_MINT
from tests.support.orders import LIVES, after, new_order, quotes, terms, transaction

ORDER = new_order("0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b", what=terms("2", slippage="0.01"))
TRANSACTION = replace(transaction(ORDER), quoted_amount_out=300_000_000, min_amount_out=297_000_000)


def test_times_are_utc_with_milliseconds_and_can_be_read_back() -> None:
    moment = datetime(2026, 3, 1, 12, 0, 0, 7_000, tzinfo=UTC)
    assert iso(moment) == "2026-03-01T12:00:00.007Z"
    assert parse_iso(iso(moment)) == moment


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life[-1])
def test_the_data_of_every_event_is_json_without_binary_floats_for_amounts(life: tuple[Status, ...]) -> None:
    for event in after(new_order(), *life).events:
        assert json.loads(json.dumps(event.data)) == event.data
        assert floats(event.data) <= {"delaySeconds"}


def floats(data: Any, name: str = "") -> set[str]:
    if isinstance(data, dict):
        return set().union(*(floats(value, key) for key, value in data.items()))
    if isinstance(data, list):
        return set().union(*(floats(value, name) for value in data))
    return {name} if isinstance(data, float) else set()


def test_a_quote_is_told_in_whole_tokens() -> None:
    quote = replace(quotes(ORDER)[0], amount_out=299_250_000, fee=5_000_000)
    assert quote_data(quote, ORDER.terms.token_in, ORDER.terms.token_out) == {
        "venue": "raydium",
        "amountOut": "299.25",
        "fee": "0.005",
        "priceImpact": "0.000123",
        "referencePrice": "150.25",
    }


def test_building_tells_the_intent_every_quote_and_every_refusal() -> None:
    refused = {"meteora": QuoteUnavailable("Meteora gave no quote this time.")}
    data = building_data(TRANSACTION, quotes(ORDER)[:1], refused, "why")
    assert [quote["venue"] for quote in data["quotes"]] == ["raydium", "meteora"]
    assert data["quotes"][1]["error"] == {
        "code": "quote_unavailable",
        "message": "Meteora gave no quote this time.",
    }
    assert (data["signature"], data["validUntil"]) == (TRANSACTION.signature, iso(TRANSACTION.valid_until))
    assert (data["quotedAmountOut"], data["minAmountOut"], data["reason"]) == ("300", "297", "why")


@pytest.mark.parametrize(
    ("token_in", "token_out", "wrapped"),
    [
        ("SOL", "USDC", {"mint": WRAPPED_SOL_MINT, "wrap": True}),
        ("USDC", "SOL", {"mint": WRAPPED_SOL_MINT, "wrap": False}),
        ("USDC", "BONK", None),
    ],
)
def test_building_says_where_sol_is_wrapped(token_in: str, token_out: str, wrapped: dict[str, Any] | None) -> None:
    order = new_order(what=terms("2", token_in, token_out))
    data = building_data(transaction(order), quotes(order), {}, "why")
    assert data.get("wrappedSol") == wrapped


def test_confirmed_tells_the_price_and_how_far_it_slipped() -> None:
    data = confirmed_data(TRANSACTION, Landed(299_700_000, 5_000_000, "0.0001", {"curve": "constantProduct"}))
    assert data["amountOut"] == "299.7"
    assert data["executedPrice"] == "149.85"
    assert data["slippageBps"] == "10"
    assert data["fee"] == "0.005"
    assert data["txHash"] == TRANSACTION.signature
    assert data["pool"] == {"curve": "constantProduct"}


def test_a_better_price_than_quoted_is_negative_slippage() -> None:
    assert confirmed_data(TRANSACTION, Landed(300_300_000, 1, "0", {}))["slippageBps"] == "-10"
    assert confirmed_data(TRANSACTION, Landed(300_000_001, 1, "0", {}))["slippageBps"] == "0"


def test_a_failure_on_chain_names_its_program_and_transaction() -> None:
    told = reverted_error_data(TRANSACTION, Reverted("program", 6005, "ExceededSlippage"))
    assert (told["code"], told["program"], told["programCode"]) == ("transaction_failed", "program", 6005)
    assert told["txHash"] == TRANSACTION.signature
    assert expired_error_data(TRANSACTION)["code"] == "transaction_expired"


def test_an_error_code_is_stable_and_its_message_the_errors_own() -> None:
    failed = after(new_order(), Status.ROUTING, Status.FAILED, error=NoLiquidity("Too much."))
    assert failed.events[-1].data == {"error": {"code": "no_liquidity", "message": "Too much."}, "attempts": 1}
