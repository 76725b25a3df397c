"""Read the order history on behalf of a caller: lists of orders, and one order with its failed attempts."""

from __future__ import annotations

from dataclasses import replace

from order_engine.application.identity import TO_READ, Caller, check_reads
from order_engine.application.ports import HistoryReader, OrderFilter, OrderTrail, Page, Position
from order_engine.application.read_order import check_reader


def list_orders(
    history: HistoryReader, wanted: OrderFilter, limit: int, after: Position | None, caller: Caller
) -> Page:
    """Return up to `limit` orders, newest first: the caller's own, unless he may read everybody's.

    Raises:
        InsufficientScope: the caller may not read orders.
        ForeignUserId: he asks for the orders of another user.
        DependencyUnavailable: Postgres did not answer.
    """
    caller.require(*TO_READ)
    if wanted.user_id is not None:
        check_reads(caller, wanted.user_id)
    elif not caller.reads_everybody:
        wanted = replace(wanted, user_id=caller.user_id)
    return history.list_orders(wanted, limit, after)


def read_trail(history: HistoryReader, order_id: str, caller: Caller) -> OrderTrail:
    """Return the order as the history has it, with its failed attempts.

    Raises:
        InsufficientScope: the caller may not read orders.
        OrderNotFound: the history does not have it (yet), or it is somebody else's.
        DependencyUnavailable: Postgres did not answer.
    """
    caller.require(*TO_READ)
    trail = history.trail(order_id)
    check_reader(trail.order, caller)
    return trail
