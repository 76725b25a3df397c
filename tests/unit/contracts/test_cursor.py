"""The cursor of the order list: opaque, safe in a URL, and refused when it is not one of ours."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from order_engine.application.ports import Position
from order_engine.contracts.cursor import decode_cursor, encode_cursor
from order_engine.domain.errors import InvalidOrder

moments = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31)).map(  # noqa: DTZ001 - made aware below
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)


@given(moments, st.uuids().map(str))
def test_a_position_survives_the_round_trip(created_at: datetime, order_id: str) -> None:
    position = Position(created_at, order_id)
    cursor = encode_cursor(position)
    assert decode_cursor(cursor) == position
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert len(cursor) == 32


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "not a cursor",
        "ünïcödé",
        "\0" * 32,
        "A" * 31,
        "A" * 33,
        "A" * 36,
        "A" * 31 + "=",
        "A" * 31 + "+",
        "A" * 31 + "/",
        "A" * 31 + "\n",
        "A" * 100_000,
        urlsafe_b64encode(b"\x7f" + b"\xff" * 23).decode(),
        urlsafe_b64encode(b"\x80" + b"\x00" * 23).decode(),
    ],
)
def test_anything_else_is_refused_and_the_field_named(text: str) -> None:
    with pytest.raises(InvalidOrder) as refused:
        decode_cursor(text)
    assert [(fault.field, fault.code) for fault in refused.value.errors] == [("cursor", "invalid_cursor")]


def test_times_before_the_epoch_are_positions_too() -> None:
    position = Position(datetime(1970, 1, 1, tzinfo=UTC) - timedelta(days=1), "00000000-0000-4000-8000-000000000000")
    assert decode_cursor(encode_cursor(position)) == position
