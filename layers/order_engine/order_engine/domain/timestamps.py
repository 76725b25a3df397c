"""Timestamps as text: ISO 8601 in UTC, with milliseconds and Z."""

from __future__ import annotations

from datetime import datetime


def format_timestamp(moment: datetime) -> str:
    """Return an aware UTC time as text, cut to milliseconds."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_timestamp(text: str) -> datetime:
    """Return the aware UTC time that `format_timestamp` wrote."""
    return datetime.fromisoformat(text)
