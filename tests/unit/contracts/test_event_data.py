"""What the events say as JSON, in storage and to clients."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest

from order_engine.contracts.events import JsonEventCodec
from order_engine.contracts.events.encoding import event_data, fault_data
from order_engine.domain.errors import NoLiquidity, QuoteUnavailable
from order_engine.domain.events import Event, Fault, Refusal, Status, TransactionSigned
from order_engine.domain.order import Order
from order_engine.domain.swaps import Landed, Reverted
from order_engine.domain.timestamps import format_timestamp
from order_engine.domain.tokens import WRAPPED_SOL_MINT
from tests.support.orders import LIVES, START, after, new_order, quotes, terms, transaction

ORDER = after(new_order("0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b", what=terms("2", slippage="0.01")), Status.ROUTING)
TRANSACTION = replace(transaction(ORDER), quoted_amount_out=300_000_000, min_amount_out=297_000_000)
SIGNED = ORDER.sign(TRANSACTION, tuple(quotes(ORDER)), (), "why", START)


def data_of(order: Order) -> dict[str, Any]:
    """Return what the order's last event says."""
    return cast("dict[str, Any]", event_data(order.events[-1], order.terms))


def decoded(order: Order, event: Event) -> Event:
    """Return the event as it is read again after it was written."""
    codec = JsonEventCodec()
    text = codec.encode(event, order.terms)
    return codec.decode(order.id, order.terms, event.seq, event.status, event.timestamp, text)


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life[-1])
def test_the_data_of_every_event_is_json_without_binary_floats_for_amounts(life: tuple[Status, ...]) -> None:
    order = after(new_order(), *life)
    for event in order.events:
        data = event_data(event, order.terms)
        assert json.loads(json.dumps(data)) == data
        assert floats(data) <= {"delaySeconds"}


def floats(data: Any, name: str = "") -> set[str]:
    if isinstance(data, dict):
        return set().union(*(floats(value, key) for key, value in data.items()))
    if isinstance(data, list):
        return set().union(*(floats(value, name) for value in data))
    return {name} if isinstance(data, float) else set()


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life[-1])
def test_every_event_can_be_read_back(life: tuple[Status, ...]) -> None:
    order = after(new_order(correlation_id="request-1", what=terms(min_amount_out="1")), *life)
    assert tuple(decoded(order, event) for event in order.events) == order.events


def test_a_transaction_whose_minimum_rounds_to_nothing_can_be_read_back() -> None:
    """One base unit out, less 1 %, is no unit at all: such an order must not get stuck."""
    order = after(new_order(what=terms("0.000000008")), Status.ROUTING, Status.BUILDING)
    read = decoded(order, order.events[-1])
    assert isinstance(read, TransactionSigned)
    assert read.transaction == order.transaction
    assert read.transaction.quoted_amount_out == 1
    assert read.transaction.min_amount_out == 0


def test_a_quote_is_written_in_whole_tokens() -> None:
    quote = replace(quotes(ORDER)[0], amount_out=299_250_000, fee=5_000_000)
    signed = ORDER.sign(TRANSACTION, (quote,), (), "why", START)
    assert data_of(signed)["quotes"] == [
        {
            "venue": "raydium",
            "amountOut": "299.25",
            "fee": "0.005",
            "priceImpact": "0.000123",
            "referencePrice": "150.25",
        }
    ]


def test_building_has_the_intent_every_quote_and_every_refusal() -> None:
    refused = Refusal("meteora", Fault.of(QuoteUnavailable("Meteora gave no quote this time.")))
    data = data_of(ORDER.sign(TRANSACTION, tuple(quotes(ORDER)[:1]), (refused,), "why", START))
    assert [quote["venue"] for quote in data["quotes"]] == ["raydium", "meteora"]
    assert data["quotes"][1]["error"] == {
        "code": "quote_unavailable",
        "message": "Meteora gave no quote this time.",
    }
    assert (data["signature"], data["validUntil"]) == (
        TRANSACTION.signature,
        format_timestamp(TRANSACTION.valid_until),
    )
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
    order = after(new_order(what=terms("2", token_in, token_out)), Status.ROUTING, Status.BUILDING)
    assert data_of(order).get("wrappedSol") == wrapped


def test_confirmed_has_the_price_and_how_far_it_slipped() -> None:
    landed = Landed(299_700_000, 5_000_000, "0.0001", {"curve": "constantProduct"})
    data = data_of(SIGNED.submit(START).confirm(landed, START))
    assert data["amountOut"] == "299.7"
    assert data["executedPrice"] == "149.85"
    assert data["slippageBps"] == "10"
    assert data["fee"] == "0.005"
    assert data["txHash"] == TRANSACTION.signature
    assert data["pool"] == {"curve": "constantProduct"}


def test_a_better_price_than_quoted_is_negative_slippage() -> None:
    submitted = SIGNED.submit(START)
    assert data_of(submitted.confirm(Landed(300_300_000, 1, "0", {}), START))["slippageBps"] == "-10"
    assert data_of(submitted.confirm(Landed(300_000_001, 1, "0", {}), START))["slippageBps"] == "0"


def test_a_failure_on_chain_names_its_program_and_transaction() -> None:
    error = fault_data(Fault.of_reverted(TRANSACTION, Reverted("program", 6005, "ExceededSlippage")))
    assert error == {
        "code": "transaction_failed",
        "message": "ExceededSlippage",
        "venue": "raydium",
        "txHash": TRANSACTION.signature,
        "program": "program",
        "programCode": 6005,
    }
    assert fault_data(Fault.of_expired(TRANSACTION))["code"] == "transaction_expired"


def test_an_error_code_is_stable_and_its_message_the_errors_own() -> None:
    failed = after(new_order(), Status.ROUTING, Status.FAILED, error=NoLiquidity("Too much."))
    assert data_of(failed) == {"error": {"code": "no_liquidity", "message": "Too much."}, "attempts": 1}
