"""The cursor of `GET /api/orders`: a position in the list, as an opaque text that is safe in a URL."""

from __future__ import annotations

import struct
from base64 import b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

from order_engine.application.ports import Position
from order_engine.domain.errors import FieldError, InvalidOrder

_LAYOUT = struct.Struct(">q16s")
"""Milliseconds since the epoch, and the order's UUID."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FAULT = FieldError("cursor", "invalid_cursor", "must be the nextCursor of an earlier answer, unchanged")


def encode_cursor(position: Position) -> str:
    """Write a position as 32 characters of base64url."""
    since = (position.created_at - _EPOCH) // _MILLISECOND
    return urlsafe_b64encode(_LAYOUT.pack(since, UUID(position.order_id).bytes)).decode()


def decode_cursor(text: str) -> Position:
    """Read what `encode_cursor` wrote.

    Raises:
        InvalidOrder: `invalid_cursor`, for anything else.
    """
    try:
        since, order_id = _LAYOUT.unpack(b64decode(text, altchars=b"-_", validate=True))
        position = Position(_EPOCH + since * _MILLISECOND, str(UUID(bytes=order_id)))
    except (ValueError, struct.error, OverflowError) as error:
        raise InvalidOrder(_FAULT) from error
    if encode_cursor(position) != text:  # b64decode takes the standard alphabet too
        raise InvalidOrder(_FAULT)
    return position
