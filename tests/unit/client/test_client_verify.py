"""`orders verify`: a receipt that is right is found right, and of an altered one the altered field is named first.

`receipts` holds confirmed orders as the API shows them: one at each venue, one that took three attempts with two
transactions, and one with a minimum of its own above that of its slippage.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from orders_client import NotConfirmed, Retries, UnexpectedAnswer
from orders_client.cli.app import app
from orders_client.cli.shared import Setup
from orders_client.comparison import Verification
from orders_client.verify import verify_receipt
from orders_client.wire import decoding, order_from

FILES = sorted(Path(__file__).with_name("receipts").glob("*.json"))
RECEIPTS: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FILES}
ID = "c7710112-dc02-5ebc-847b-ebc60699a449"

Path_ = tuple[str | int, ...]

TERMS = ("orderType", "tokenIn", "tokenOut", "amountIn", "slippage", "minAmountOut")
COURSE = ("status", "version", "attempts", "createdAt", "updatedAt")
RESULT = ("amountOut", "executedPrice", "fee", "priceImpact", "venue", "txHash")
IN_EVENTS = {
    "building": ("attempt", "venue", "quotedAmountOut", "minAmountOut", "signature"),
    "submitted": ("attempt", "venue", "txHash"),
    "confirmed": ("attempt", "venue", "txHash", "amountOut", "executedPrice", "fee", "priceImpact", "slippageBps"),
}
IN_POOLS: dict[str, tuple[Path_, ...]] = {
    "constantProduct": (("curve",), ("reserveIn",), ("reserveOut",), ("tradeFeeRate",)),
    "dlmm": (("curve",), ("xToY",), ("pair", "activeId"), ("pair", "baseFactor"), ("bins",)),
}


def verify(receipt: dict[str, Any]) -> Verification:
    return verify_receipt(order_from(receipt))


def last(receipt: dict[str, Any], status: str) -> int:
    """Return the index of the last event with this status."""
    return max(at for at, event in enumerate(receipt["events"]) if event["status"] == status)


def quotes_of(receipt: dict[str, Any]) -> list[dict[str, Any]]:
    quotes: list[dict[str, Any]] = receipt["events"][last(receipt, "building")]["data"]["quotes"]
    return quotes


def alterable(receipt: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    """Yield where a receipt can be altered, and the field that is to be named then."""
    for name in (*COURSE, *TERMS, *RESULT):
        if name in receipt:
            yield (name,), f"order.{name}"
    for name in TERMS:
        if name in receipt["events"][0]["data"]:
            yield ("events", 0, "data", name), f"order.{name}"
    for status, names in IN_EVENTS.items():
        for name in names:
            yield ("events", last(receipt, status), "data", name), f"{status}.{name}"
    building = last(receipt, "building")
    chosen = next(at for at, quote in enumerate(quotes_of(receipt)) if quote["venue"] == receipt["venue"])
    yield ("events", building, "data", "quotes", chosen, "amountOut"), "building.quotes"
    confirmed = last(receipt, "confirmed")
    curve = receipt["events"][confirmed]["data"]["pool"]["curve"]
    for path in IN_POOLS[curve]:
        yield ("events", confirmed, "data", "pool", *path), "confirmed.pool"
    yield ("events", 1, "seq"), "events.seq"


ALTERABLE = [(name, path, field) for name, receipt in RECEIPTS.items() for path, field in alterable(receipt)]


def altered(value: Any) -> Any:
    """Return another value of the same kind: amounts a unit off, quotes and reserves by more."""
    others: dict[Any, Any] = {"SOL": "mSOL", "USDC": "USDT", "USDT": "USDC", "RAY": "JUP", "BONK": "JUP"}
    others |= {"confirmed": "failed", "market": "limit", "raydium": "meteora", "meteora": "raydium"}
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, dict):
        return {}
    if value.endswith("Z"):
        return value.replace("2026", "2025")
    if value[-1].isdigit():
        return value[:-1] + str((int(value[-1]) + 1) % 10)
    return others.get(value) or value[:-1] + "1"


def replaced(receipt: dict[str, Any], path: Path_, change: Callable[[Any], Any]) -> dict[str, Any]:
    copy = deepcopy(receipt)
    *way, key = path
    place: Any = copy
    for step in way:
        place = place[step]
    place[key] = change(place[key])
    return copy


@pytest.mark.parametrize("name", RECEIPTS)
def test_a_receipt_is_right(name: str) -> None:
    verification = verify(RECEIPTS[name])
    assert [check for check in verification.checks if not check.right] == []
    assert all(check.told is not None and check.recomputed is not None for check in verification.checks)


def test_the_receipts_are_of_every_kind() -> None:
    assert {receipt["venue"] for receipt in RECEIPTS.values()} == {"raydium", "meteora"}
    assert [event["status"] for event in RECEIPTS["retried"]["events"]].count("building") == 2
    building = RECEIPTS["own_minimum"]["events"][last(RECEIPTS["own_minimum"], "building")]["data"]
    assert building["minAmountOut"] == RECEIPTS["own_minimum"]["minAmountOut"]


@pytest.mark.parametrize(
    ("name", "path", "field"), ALTERABLE, ids=[".".join(map(str, (n, *p))) for n, p, _ in ALTERABLE]
)
def test_what_was_altered_is_named_first(name: str, path: Path_, field: str) -> None:
    coarse = path[-1] in ("reserveIn", "reserveOut", "quotedAmountOut") or "quotes" in path
    receipt = replaced(RECEIPTS[name], path, (lambda value: f"1{value}") if coarse else altered)
    assert verify(receipt).wrong[0] == field


@pytest.mark.parametrize("field", ["amountOut", "fee", "priceImpact", "executedPrice", "slippageBps"])
@pytest.mark.parametrize("name", RECEIPTS)
def test_one_altered_amount_puts_no_other_in_the_wrong(name: str, field: str) -> None:
    receipt = RECEIPTS[name]
    path = ("events", last(receipt, "confirmed"), "data", field)
    assert verify(replaced(receipt, path, altered)).wrong == [f"confirmed.{field}"]


@pytest.mark.parametrize("name", RECEIPTS)
@pytest.mark.parametrize("path", [("amountIn",), ("events", 0, "data", "amountIn")])
def test_an_altered_amount_in_puts_no_amount_out_in_the_wrong(name: str, path: Path_) -> None:
    assert verify(replaced(RECEIPTS[name], path, altered)).wrong == ["order.amountIn"]


@pytest.mark.parametrize(("name", "by"), [("own_minimum", Decimal(-10)), ("raydium", Decimal("0.0001"))])
def test_an_altered_quote_puts_neither_the_limit_nor_the_slippage_in_the_wrong(name: str, by: Decimal) -> None:
    receipt = RECEIPTS[name]
    building = ("events", last(receipt, "building"), "data")
    (chosen,) = [at for at, quote in enumerate(quotes_of(receipt)) if quote["venue"] == receipt["venue"]]
    for path, field in {
        (*building, "quotedAmountOut"): "building.quotedAmountOut",
        (*building, "quotes", chosen, "amountOut"): "building.quotes",
    }.items():
        assert verify(replaced(receipt, path, lambda amount: str(Decimal(amount) + by))).wrong == [field]


def test_amounts_are_compared_as_numbers() -> None:
    assert verify(replaced(RECEIPTS["raydium"], ("amountIn",), lambda _: "1.5")).wrong == []


@pytest.mark.parametrize("name", RECEIPTS)
def test_amounts_that_agree_with_each_other_have_to_agree_with_the_pool(name: str) -> None:
    receipt = deepcopy(RECEIPTS[name])
    confirmed = receipt["events"][last(receipt, "confirmed")]["data"]
    for place in (receipt, confirmed):
        place["amountOut"] = f"1{place['amountOut']}"
    wrong = verify(receipt).wrong
    assert wrong[:2] == ["confirmed.pool", "confirmed.amountOut"]


@pytest.mark.parametrize("name", RECEIPTS)
def test_less_than_the_least_is_wrong_whatever_else_is(name: str) -> None:
    receipt = deepcopy(RECEIPTS[name])
    confirmed = receipt["events"][last(receipt, "confirmed")]["data"]
    for place in (receipt, confirmed):
        place["amountOut"] = "0.00001"
    assert "confirmed.amountOut ≥ building.minAmountOut" in verify(receipt).wrong


@pytest.mark.parametrize("status", ["building", "submitted"])
def test_a_step_that_is_missing_is_noticed(status: str) -> None:
    receipt = deepcopy(RECEIPTS["raydium"])
    del receipt["events"][last(receipt, status)]
    assert verify(receipt).wrong[0] == "events.seq"


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_value_makes_it_fail(data: st.DataObject) -> None:
    name, path, field = data.draw(st.sampled_from(ALTERABLE))
    scalars = (
        st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["NaN", "Infinity", "1e999", "-1"])
    )
    value = data.draw(scalars | st.lists(scalars) | st.dictionaries(st.text(), scalars))
    receipt = replaced(RECEIPTS[name], path, lambda _: value)
    try:
        with decoding("the order"):
            order = order_from(receipt)
    except UnexpectedAnswer:
        return
    assert isinstance(verify_receipt(order).wrong, list), field


def test_an_order_that_is_not_confirmed_has_no_receipt() -> None:
    receipt = deepcopy(RECEIPTS["raydium"])
    receipt |= {"status": "submitted", "version": 4, "events": receipt["events"][:-1]}
    with pytest.raises(NotConfirmed, match="is submitted"):
        verify(receipt)


def test_an_order_without_its_events_cannot_be_verified() -> None:
    with pytest.raises(UnexpectedAnswer, match="without its events"):
        verify(RECEIPTS["raydium"] | {"events": []})


class TestCommand:
    @staticmethod
    def run(*arguments: str, shown: dict[str, Any] | None = None, stdin: str | None = None) -> Result:
        def answer(request: httpx.Request) -> httpx.Response:
            assert request.url.path == f"/api/orders/{ID}"
            return httpx.Response(200, json={"success": True, "order": shown})

        setup = Setup(transport=httpx.MockTransport(answer), retries=Retries(attempts=1))
        return CliRunner().invoke(app, ["verify", *arguments], obj=setup, input=stdin)

    def test_an_order_of_the_api(self) -> None:
        done = self.run(ID, shown=RECEIPTS["raydium"])
        assert done.exit_code == 0
        assert "✗" not in done.stdout
        assert "The receipt is right." in done.stdout

    def test_an_altered_one_gives_1_and_says_where(self) -> None:
        done = self.run(ID, shown=RECEIPTS["raydium"] | {"fee": "0"})
        assert done.exit_code == 1
        (line,) = [line for line in done.stdout.splitlines() if "✗" in line]
        assert line.split() == ["order.fee", "0", RECEIPTS["raydium"]["fee"], "✗"]
        assert "The receipt is wrong: order.fee" in done.stdout

    def test_json(self) -> None:
        done = self.run(ID, "--json", shown=RECEIPTS["raydium"] | {"fee": "0"})
        (told,) = map(json.loads, done.stdout.splitlines())
        assert done.exit_code == 1
        assert (told["orderId"], told["right"], told["wrong"]) == (RECEIPTS["raydium"]["id"], False, ["order.fee"])
        fee = RECEIPTS["raydium"]["fee"]
        assert {"field": "order.fee", "told": "0", "recomputed": fee, "right": False} in told["checks"]

    @pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
    def test_a_file(self, path: Path) -> None:
        assert self.run(str(path)).exit_code == 0

    def test_standard_input_with_an_answer_of_the_api(self) -> None:
        assert self.run("-", stdin=json.dumps({"success": True, "order": RECEIPTS["meteora"]})).exit_code == 0

    def test_an_order_that_is_not_confirmed_gives_5(self) -> None:
        pending = RECEIPTS["raydium"] | {"status": "pending", "events": RECEIPTS["raydium"]["events"][:1]}
        done = self.run(ID, shown=pending)
        assert done.exit_code == 5
        assert "only a confirmed order has a receipt" in done.stderr
        assert "orders watch" in done.stderr

    @pytest.mark.parametrize(
        ("text", "said"), [("[]", "no order"), ("{}", "no order"), ("no json", "no order"), (None, "neither")]
    )
    def test_what_is_no_order_gives_2(self, tmp_path: Path, text: str | None, said: str) -> None:
        path = tmp_path / "x"
        if text is not None:
            path.write_text(text, encoding="utf-8")
        done = self.run(str(path))
        assert done.exit_code == 2
        assert said in " ".join(done.stderr.split())


def test_no_other_command_loads_the_engine() -> None:
    code = "import sys, orders_client.cli.app; sys.exit(any(name.startswith('order_engine') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
