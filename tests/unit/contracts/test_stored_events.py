"""Orders as earlier versions stored and showed them (tests/recorded/stored_orders.json) are read, and written alike.

What is stored outlives the code that wrote it, so JSON texts are compared: byte for byte, keys in their order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_type_hints
from uuid import UUID

import pytest
from typing_extensions import is_typeddict

from order_engine.adapters.dynamodb.order_items import OrderItems
from order_engine.adapters.postgres.rows import EVENTS, FAILURES, ORDERS, OrderRows
from order_engine.application.messages import Snapshot, StatusUpdate
from order_engine.application.ports import OrderTrail, failed_attempts
from order_engine.contracts.answers import FailedAttemptView, OrderView
from order_engine.contracts.events import JsonEventCodec, schema
from order_engine.contracts.frame_schema import SnapshotFrame, StatusUpdateFrame
from order_engine.contracts.frames import JsonFrameCodec
from order_engine.contracts.views import order_view, trail_view
from order_engine.domain.events import (
    Accepted,
    Cancelled,
    Confirmed,
    Event,
    Failed,
    RetryScheduled,
    RoutingStarted,
    Status,
    TransactionSigned,
    TransactionSubmitted,
)
from order_engine.domain.order import Order
from order_engine.domain.timestamps import parse_timestamp
from tests.support.documents import assert_described, optional_keys

RECORDED = Path(__file__).parents[2] / "recorded" / "stored_orders.json"
STORED: list[dict[str, Any]] = json.loads(RECORDED.read_text(encoding="utf-8"))
ITEMS, ROWS, FRAMES = OrderItems(JsonEventCodec()), OrderRows(JsonEventCodec()), JsonFrameCodec()
ONLY_WHILE_OPEN = ("open", "dueAt")
"""Attributes that the last write of an order's life removes."""

each_order = pytest.mark.parametrize("stored", STORED, ids=lambda stored: stored["name"])


def text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def order_of(stored: Mapping[str, Any]) -> Order:
    return ITEMS.from_item(stored["item"])


@each_order
def test_an_item_is_written_again_as_it_was(stored: dict[str, Any]) -> None:
    order = order_of(stored)
    item = ITEMS.to_item(order)
    if order.status.terminal:
        item = {name: value for name, value in item.items() if name not in ONLY_WHILE_OPEN}
    assert text(item) == text(stored["item"])


@each_order
def test_an_order_is_shown_as_it_was(stored: dict[str, Any]) -> None:
    order = order_of(stored)
    trail = trail_view(OrderTrail(order, tuple(failed_attempts(order))))
    assert text(order_view(order)) == text(stored["view"])
    assert text(trail["order"]) == text(stored["view"])
    assert text(trail["failures"]) == text(stored["failures"])


@each_order
def test_an_orders_rows_are_written_as_they_were(stored: dict[str, Any]) -> None:
    order, after_seq = order_of(stored), stored["after_seq"]
    events = [dict(zip(EVENTS, row, strict=True)) for row in ROWS.event_rows([order])]
    failures = [dict(zip(FAILURES, row, strict=True)) for row in ROWS.failure_rows([order])]
    assert text(dict(zip(ORDERS, ROWS.order_row(order), strict=True))) == text(stored["row"])
    assert text(events[after_seq:]) == text(stored["event_rows"])
    assert text(failures) == text(stored["failure_rows"])


@each_order
def test_a_row_with_its_events_reads_as_the_same_order(stored: dict[str, Any]) -> None:
    assert ROWS.to_order(joined(stored)) == order_of(stored)


def joined(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Postgres answers: the order's row with arrays of its events."""
    row, events = stored["row"], [event["M"] for event in stored["item"]["events"]["L"]]
    return {
        **row,
        "id": UUID(row["id"]),
        "amount_in": Decimal(row["amount_in"]),
        "min_amount_out": Decimal(row["min_amount_out"]),
        "seqs": [int(event["seq"]["N"]) for event in events],
        "statuses": [event["status"]["S"] for event in events],
        "moments": [parse_timestamp(event["timestamp"]["S"]) for event in events],
        "data": [event["data"]["S"] for event in events],
    }


@each_order
def test_a_row_of_a_failed_attempt_reads_as_the_same_attempt(stored: dict[str, Any]) -> None:
    rows = [{**row, "occurred_at": parse_timestamp(row["occurred_at"])} for row in stored["failure_rows"]]
    assert [ROWS.to_failed_attempt(row) for row in rows] == list(failed_attempts(order_of(stored)))


@each_order
def test_clients_are_sent_the_frames_that_they_were_sent(stored: dict[str, Any]) -> None:
    order, after_seq = order_of(stored), stored["after_seq"]
    updates = [frame for event in order.events[after_seq:] for frame in FRAMES.encode(StatusUpdate(order, event))]
    assert updates == [text(frame) for frame in stored["status_updates"]]
    assert list(FRAMES.encode(Snapshot(order, after_seq))) == [text(frame) for frame in stored["snapshots"]]


@each_order
def test_what_was_shown_is_what_is_documented_now(stored: dict[str, Any]) -> None:
    assert_described(stored["view"], OrderView)
    for kind, frames in ((StatusUpdateFrame, stored["status_updates"]), (SnapshotFrame, stored["snapshots"])):
        for frame in frames:
            assert_described(frame, kind)


@each_order
def test_each_event_reads_as_what_it_says(stored: dict[str, Any]) -> None:
    order = order_of(stored)
    for event, shown in zip(order.events, stored["view"]["events"], strict=True):
        assert (event.seq, event.status) == (shown["seq"], shown["status"])
        assert event.timestamp == datetime.fromisoformat(shown["timestamp"])
    assert [event.status for event in order.events][-1] == Status(stored["item"]["status"]["S"])


# --- The recorded orders leave nothing out ----------------------------------------------------------------------------

DATA: dict[type[Event], Any] = {
    Accepted: schema.AcceptedData,
    RetryScheduled: schema.RetryData,
    RoutingStarted: schema.RoutingData,
    TransactionSigned: schema.BuildingData,
    TransactionSubmitted: schema.SubmittedData,
    Confirmed: schema.ConfirmedData,
    Failed: schema.FailedData,
    Cancelled: schema.CancelledData,
}


def recorded_objects() -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Yield every JSON object of the recorded orders with the TypedDict that describes it."""
    for stored in STORED:
        yield OrderView, stored["view"]
        for failure in stored["failures"]:
            yield FailedAttemptView, failure
        for event, shown in zip(order_of(stored).events, stored["view"]["events"], strict=True):
            yield schema.EventView, shown
            yield DATA[type(event)], shown["data"]
            yield from objects_in(shown["data"])


def objects_in(data: Mapping[str, Any]) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    if "error" in data:
        yield schema.ExecutionFault, data["error"]
    if "wrappedSol" in data:
        yield schema.WrappedSol, data["wrappedSol"]
    for quote in data.get("quotes", ()):
        yield (schema.RefusedQuote if "error" in quote else schema.QuoteData), quote
        yield from objects_in(quote)


def test_every_kind_of_event_is_recorded() -> None:
    kinds = {type(event) for stored in STORED for event in order_of(stored).events}
    assert kinds == DATA.keys()
    assert {kind.__name__ for kind in kinds} == {kind.__name__ for kind in Event.__subclasses__()}
    assert {Status(stored["item"]["status"]["S"]) for stored in STORED} == set(Status)


def test_every_described_object_is_recorded() -> None:
    described = {kind for kind in vars(schema).values() if is_typeddict(kind)} - {schema.TermsData}
    assert {kind for kind, _ in recorded_objects()} == described | {OrderView, FailedAttemptView}


@pytest.mark.parametrize("kind", [*DATA.values(), schema.ExecutionFault, schema.QuoteData, OrderView])
def test_every_field_is_recorded_and_every_optional_one_is_left_out_somewhere(kind: Any) -> None:
    described = set(get_type_hints(kind))
    recorded = [set(one) for of, one in recorded_objects() if of is kind]
    assert described.union(*recorded) == described
    assert {name for name in described if any(name in one for one in recorded)} == described
    assert {name for name in described if any(name not in one for one in recorded)} == optional_keys(kind)
