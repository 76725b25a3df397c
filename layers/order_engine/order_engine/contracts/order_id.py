"""Order ids from outside."""

from __future__ import annotations

from uuid import UUID

from order_engine.domain.errors import FieldError, InvalidOrder


class MalformedOrderId(InvalidOrder):
    """An order id that can't be one."""

    code = "invalid_order_id"

    def __init__(self, field: str = "orderId") -> None:
        super().__init__(FieldError(field, self.code, "must be a UUID, as returned when the order was placed"))


def parse_order_id(text: str, field: str = "orderId") -> str:
    """Return the id in its canonical form. Raises `MalformedOrderId`."""
    try:
        order_id = str(UUID(text))
    except ValueError as error:
        raise MalformedOrderId(field) from error
    if order_id != text.lower():  # braces, URNs and missing hyphens are UUIDs too, but not our ids
        raise MalformedOrderId(field)
    return order_id
