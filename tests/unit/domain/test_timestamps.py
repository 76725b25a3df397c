"""Timestamps as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from order_engine.domain.timestamps import format_timestamp, parse_timestamp


def test_times_are_utc_with_milliseconds_and_can_be_read_back() -> None:
    moment = datetime(2026, 3, 1, 12, 0, 0, 7_000, tzinfo=UTC)
    assert format_timestamp(moment) == "2026-03-01T12:00:00.007Z"
    assert parse_timestamp(format_timestamp(moment)) == moment
    assert parse_timestamp(format_timestamp(moment)).utcoffset() == timedelta()


@pytest.mark.parametrize(("microsecond", "text"), [(0, ".000Z"), (999, ".000Z"), (999_999, ".999Z")])
def test_what_a_millisecond_can_not_hold_is_cut_off(microsecond: int, text: str) -> None:
    moment = datetime(2026, 3, 1, 12, 0, 0, microsecond, tzinfo=UTC)
    assert format_timestamp(moment) == f"2026-03-01T12:00:00{text}"
