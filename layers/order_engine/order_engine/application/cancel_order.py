"""Cancel an order, as long as nothing can have been sent to a venue."""

from __future__ import annotations

from order_engine.application.errors import TooLateToCancel, VersionConflict
from order_engine.application.ports import Clock, OrderStore
from order_engine.application.read_order import read_order
from order_engine.domain.events import Status
from order_engine.domain.order import CANCELLABLE, Order


def cancel_order(orders: OrderStore, clock: Clock, order_id: str, caller: str | None) -> Order:
    """Cancel the order; one that is cancelled already stays as it is.

    A cancel that races with a worker is settled by the version: whoever writes first wins, the other looks again.

    Args:
        caller: the authenticated user; None where authentication is off.

    Raises:
        OrderNotFound: there is none, or it is somebody else's.
        TooLateToCancel: its transaction is signed already, or it has ended otherwise.
    """
    order = read_order(orders, order_id, caller)
    while order.status in CANCELLABLE:
        cancelled = order.cancel(caller or order.user_id, clock.now())
        try:
            orders.append(cancelled)
        except VersionConflict as conflict:
            order = conflict.current
        else:
            return cancelled
    if order.status is not Status.CANCELLED:
        raise TooLateToCancel(order)
    return order
