"""Whatever happens to an order, its events are read as they were written, and clients see what is documented."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from order_engine.adapters.dynamodb.order_items import OrderItems
from order_engine.adapters.postgres.rows import ORDERS, OrderRows
from order_engine.application.messages import Snapshot, StatusUpdate
from order_engine.application.ports import OrderTrail, failed_attempts
from order_engine.contracts.answers import OrderTrailView, OrderView
from order_engine.contracts.events import JsonEventCodec, schema
from order_engine.contracts.events.encoding import event_data
from order_engine.contracts.frame_schema import SnapshotFrame, StatusUpdateFrame
from order_engine.contracts.frames import JsonFrameCodec
from order_engine.contracts.views import event_view, order_view, trail_view
from order_engine.domain.amounts import MAX_BASE_UNITS, format_amount, format_price
from order_engine.domain.events import (
    Accepted,
    Cancelled,
    Confirmed,
    Event,
    Failed,
    Fault,
    Refusal,
    RetryScheduled,
    RoutingStarted,
    Status,
    TransactionSigned,
    TransactionSubmitted,
)
from order_engine.domain.order import TRANSITIONS, Order
from order_engine.domain.swaps import Landed, Quote, Transaction
from order_engine.domain.terms import Terms
from order_engine.domain.timestamps import parse_timestamp
from order_engine.domain.tokens import TOKENS, Token
from tests.support.documents import assert_described
from tests.support.orders import CONFIRMED as CONFIRMED_STEPS
from tests.support.orders import after, new_order

CODEC = JsonEventCodec()
ITEMS, ROWS, FRAMES = OrderItems(CODEC), OrderRows(CODEC), JsonFrameCodec()

DATA: Mapping[type[Event], Any] = {
    Accepted: schema.AcceptedData,
    RetryScheduled: schema.RetryData,
    RoutingStarted: schema.RoutingData,
    TransactionSigned: schema.BuildingData,
    TransactionSubmitted: schema.SubmittedData,
    Confirmed: schema.ConfirmedData,
    Failed: schema.FailedData,
    Cancelled: schema.CancelledData,
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# --- Any order --------------------------------------------------------------------------------------------------------

words = st.text(max_size=30)
amounts = st.integers(0, MAX_BASE_UNITS) | st.integers(0, 1000)
milliseconds = st.integers(0, 4 * 10**12)
moments = milliseconds.map(lambda number: EPOCH + timedelta(milliseconds=number))
prices = st.builds(format_price, st.integers(0, 10**24), st.integers(1, 10**24))
signatures = st.text("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", min_size=64, max_size=88)
venues = st.sampled_from(["raydium", "meteora", "orca"]) | words
printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=128)
faults = st.builds(
    Fault,
    words,
    words,
    st.none() | venues,
    st.none() | signatures,
    st.none() | words,
    st.none() | st.just(0) | st.integers(0, 2**64),
)
quotes = st.builds(Quote, venues, amounts, amounts, prices, prices)
refusals = st.builds(Refusal, venues, faults)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=4,
)
landings = st.builds(Landed, amounts, amounts, prices, st.dictionaries(words, json_values, max_size=4))


@st.composite
def amounts_as_entered(draw: st.DrawFn, token: Token) -> tuple[int, str]:
    """Draw an amount in base units, and a text that a client may have written for it."""
    units = draw(st.integers(1, MAX_BASE_UNITS))
    text = format_amount(units, token)
    zeros = "0" * draw(st.integers(0, 3)) if "." in text else draw(st.sampled_from(["", ".", ".0"]))
    return units, draw(st.sampled_from(["", "+", "00"])) + text + zeros


@st.composite
def any_terms(draw: st.DrawFn) -> Terms:
    token_in, token_out = draw(st.permutations(TOKENS))[:2]
    amount_in, amount_in_entered = draw(amounts_as_entered(token_in))
    bps = draw(st.integers(0, 5_000))
    least, least_entered = draw(st.just((0, None)) | amounts_as_entered(token_out))
    slippage = f"{bps / 10_000:.4f}"
    return Terms("market", token_in, token_out, amount_in, amount_in_entered, bps, slippage, least, least_entered)


@st.composite
def transactions(draw: st.DrawFn, order: Order) -> Transaction:
    quoted = draw(st.integers(1, MAX_BASE_UNITS))
    return Transaction(draw(signatures), draw(venues), order.swap, quoted, draw(amounts), draw(moments))


PENDING, ROUTING, BUILDING, SUBMITTED, CONFIRMED, FAILED, CANCELLED = Status
ATTEMPTS = ((ROUTING,), (ROUTING, BUILDING), (ROUTING, BUILDING, SUBMITTED))
"""How far an attempt may get that does not succeed."""
ENDS = tuple(
    (*attempt, end)
    for attempt in ((), *ATTEMPTS)
    for end in Status
    if end.terminal and end in TRANSITIONS[(PENDING, *attempt)[-1]]
)
"""How the last attempt may end."""
retries = st.lists(st.sampled_from([(*attempt, PENDING) for attempt in ATTEMPTS]), max_size=3)
last_steps = st.one_of(  # each kind of end often enough to be met in few examples
    *(st.sampled_from([steps for steps in ENDS if steps[-1] is end]) for end in (CONFIRMED, FAILED, CANCELLED)),
    st.sampled_from([(), *ATTEMPTS]),
)


@st.composite
def any_order(draw: st.DrawFn) -> Order:
    """Draw an order somewhere in a legal life, with whatever each step may say."""
    order = Order.accepted(
        str(draw(st.uuids())),
        draw(words),
        draw(any_terms()),
        draw(moments),
        draw(st.none() | printable),
        draw(st.none() | st.text(min_size=1, max_size=128)),
    )
    for status in [*chain.from_iterable(draw(retries)), *draw(last_steps)]:
        order = _step(draw, order, status, order.updated_at + timedelta(milliseconds=7))
    return order


def _step(draw: st.DrawFn, order: Order, status: Status, at: datetime) -> Order:
    def sign() -> Order:
        offers, refused = draw(st.lists(quotes, max_size=3)), draw(st.lists(refusals, max_size=3))
        return order.sign(draw(transactions(order)), tuple(offers), tuple(refused), draw(words), at)

    steps: dict[Status, Callable[[], Order]] = {
        Status.PENDING: lambda: order.retry(draw(faults), draw(st.floats(0, 10_000)), at),
        Status.ROUTING: lambda: order.start_routing(tuple(draw(st.lists(venues, max_size=3))), at),
        Status.BUILDING: sign,
        Status.SUBMITTED: lambda: order.submit(at),
        Status.CONFIRMED: lambda: order.confirm(draw(landings), at),
        Status.FAILED: lambda: order.fail(draw(faults), at),
        Status.CANCELLED: lambda: order.cancel(draw(words), at),
    }
    return steps[status]()


def decoded(order: Order, event: Event, data: str) -> Event:
    return CODEC.decode(order.id, order.terms, event.seq, event.status.value, event.timestamp, data)


# --- Reading what was written -----------------------------------------------------------------------------------------


@settings(deadline=None)
@given(any_order())
def test_every_event_is_read_as_it_was_written(order: Order) -> None:
    for event in order.events:
        data = CODEC.encode(event, order.terms)
        assert decoded(order, event, data) == event
        assert type(decoded(order, event, data)) is type(event)
        assert CODEC.encode(decoded(order, event, data), order.terms) == data


@settings(deadline=None)
@given(any_order())
def test_an_orders_data_is_compact_json_in_ascii(order: Order) -> None:
    for event in order.events:
        data = CODEC.encode(event, order.terms)
        assert data.isascii()
        assert data == json.dumps(json.loads(data), separators=(",", ":"))
        assert json.loads(data) == event_data(event, order.terms)


@settings(deadline=None)
@given(any_order())
def test_an_order_comes_back_from_its_item(order: Order) -> None:
    item = json.loads(json.dumps(ITEMS.to_item(order)))
    assert ITEMS.from_item(item) == order
    appended = {**ITEMS.to_item(order), "events": {"L": [ITEMS.event_attribute(e, order.terms) for e in order.events]}}
    assert ITEMS.from_item(appended) == order


@settings(deadline=None)
@given(any_order())
def test_an_order_comes_back_from_its_rows(order: Order) -> None:
    events = list(ROWS.event_rows([order]))
    arrays = {
        "seqs": [row[1] for row in events],
        "statuses": [row[2] for row in events],
        "moments": [parse_timestamp(row[3]) for row in events],
        "data": [row[4] for row in events],
    }
    assert ROWS.to_order({**dict(zip(ORDERS, ROWS.order_row(order), strict=True)), **arrays}) == order


@settings(deadline=None)
@given(faults)
def test_a_fault_is_read_as_it_was_written(fault: Fault) -> None:
    assert CODEC.decode_fault(CODEC.encode_fault(fault)) == fault
    assert_described(json.loads(CODEC.encode_fault(fault)), schema.ExecutionFault)


# --- Later versions ---------------------------------------------------------------------------------------------------


def with_more(value: Any, more: Any) -> Any:
    """Return JSON with an additional key in every object, except inside of a pool, which only its venue reads."""
    if isinstance(value, dict):
        known = {name: part if name == "pool" else with_more(part, more) for name, part in value.items()}
        return {"addedBefore": more, **known, "addedLater": more}
    return [with_more(part, more) for part in value] if isinstance(value, list) else value


@settings(deadline=None)
@given(any_order(), json_values)
def test_keys_that_a_later_version_adds_are_ignored(order: Order, more: Any) -> None:
    for event in order.events:
        data = with_more(json.loads(CODEC.encode(event, order.terms)), more)
        assert decoded(order, event, json.dumps(data)) == event


# --- What clients see -------------------------------------------------------------------------------------------------


def described(order: Order) -> Iterator[tuple[Any, Any]]:
    """Yield everything that clients get to see of an order, each with its description."""
    yield order_view(order), OrderView
    yield trail_view(OrderTrail(order, tuple(failed_attempts(order)))), OrderTrailView
    for event in order.events:
        yield event_data(event, order.terms), DATA[type(event)]
        yield event_view(order, event), schema.EventView
        for frame in FRAMES.frames(StatusUpdate(order, event)):
            yield frame, StatusUpdateFrame
    for frame in FRAMES.frames(Snapshot(order)):
        yield frame, SnapshotFrame


@settings(deadline=None, max_examples=50)
@given(any_order())
def test_clients_see_every_documented_key_and_no_other(order: Order) -> None:
    for told, kind in described(order):
        assert_described(told, kind)


def test_every_event_has_a_description() -> None:
    assert {kind.__name__ for kind in DATA} == {kind.__name__ for kind in Event.__subclasses__()}


@pytest.mark.parametrize("lost", [{1}, {2}, {1, 2, 3, 4, 5}, {5}])
def test_an_order_whose_event_rows_were_lost_has_those_that_are_left_and_its_acceptance(lost: set[int]) -> None:
    order = after(new_order(correlation_id="request-1"), *CONFIRMED_STEPS)
    events = [row for row in ROWS.event_rows([order]) if row[1] not in lost]
    arrays = {
        "seqs": [row[1] for row in events] or None,
        "statuses": [row[2] for row in events] or None,
        "moments": [parse_timestamp(row[3]) for row in events] or None,
        "data": [row[4] for row in events] or None,
    }
    row = {**dict(zip(ORDERS, ROWS.order_row(order), strict=True)), "created_at": order.created_at}
    left = ROWS.to_order(row | arrays)
    assert left.events == tuple(event for event in order.events if event.seq not in lost - {1})
