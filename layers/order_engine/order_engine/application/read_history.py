"""Read the order history on behalf of a caller: lists of orders, and one order with its failed attempts."""

from __future__ import annotations

from dataclasses import replace

from order_engine.application.ports import HistoryReader, OrderFilter, OrderTrail, Page, Position
from order_engine.application.read_order import check_owner


def list_orders(
    history: HistoryReader, wanted: OrderFilter, limit: int, after: Position | None, caller: str | None
) -> Page:
    """Return up to `limit` orders, newest first; a caller who is known gets his own and no others.

    Args:
        caller: the authenticated user; None where authentication is off.

    Raises:
        DependencyUnavailable: Postgres did not answer.
    """
    if caller is not None:
        wanted = replace(wanted, user_id=caller)
    return history.list_orders(wanted, limit, after)


def read_trail(history: HistoryReader, order_id: str, caller: str | None) -> OrderTrail:
    """Return the order as the history has it, with its failed attempts.

    Raises:
        OrderNotFound: the history does not have it (yet), or it is somebody else's.
        DependencyUnavailable: Postgres did not answer.
    """
    trail = history.trail(order_id)
    check_owner(trail.order, caller)
    return trail
