"""The query of `GET /api/orders`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from order_engine.application.ports import OrderFilter, Position
from order_engine.contracts.cursor import decode_cursor
from order_engine.contracts.fields import PrintableText, parse_fields, parse_token
from order_engine.domain.events import Status

DEFAULT_LIMIT = 50
MAX_LIMIT = 100


class ListQuery(BaseModel):
    """Which orders to list, how many, and from where on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Annotated[Status | None, Field(description="Only orders with this status.")] = None
    token_in: Annotated[
        str | None, Field(alias="tokenIn", max_length=64, description="Only orders that sell this token.")
    ] = None
    user_id: Annotated[PrintableText | None, Field(alias="userId", description="Only this user's.")] = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="How many at most.")] = DEFAULT_LIMIT
    cursor: Annotated[str | None, Field(max_length=64, description="`nextCursor` of the answer before, unchanged.")] = (
        None
    )

    def to_filter(self) -> OrderFilter:
        """Return which orders to list. Raises `InvalidOrder` for an unknown token."""
        token_in = parse_token("tokenIn", self.token_in) if self.token_in is not None else None
        return OrderFilter(self.user_id, self.status, token_in)

    def position(self) -> Position | None:
        """Return where to go on. Raises `InvalidOrder` for a cursor that is none of ours."""
        return decode_cursor(self.cursor) if self.cursor is not None else None


def parse_list_query(query: Mapping[str, str]) -> ListQuery:
    """Return the query as its model.

    Raises:
        InvalidOrder: with an error for each parameter that is not right.
    """
    return parse_fields(ListQuery, query)
