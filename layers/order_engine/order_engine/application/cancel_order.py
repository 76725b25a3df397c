"""Cancel an order, as long as nothing can have been sent to a venue."""

from __future__ import annotations

from order_engine.application.errors import NotTheOwner, TooLateToCancel, VersionConflict
from order_engine.application.identity import TO_WRITE, Caller
from order_engine.application.ports import Clock, OrderStore
from order_engine.domain.events import Status
from order_engine.domain.order import CANCELLABLE, Order


def cancel_order(orders: OrderStore, clock: Clock, order_id: str, caller: Caller) -> Order:
    """Cancel the order; one that is cancelled already stays as it is.

    A cancel that races with a worker is settled by the version: whoever writes first wins, the other looks again.

    Raises:
        InsufficientScope: the caller may not change orders.
        OrderNotFound: there is none, or it is somebody else's, which an administrator can read and not change.
        TooLateToCancel: its transaction is signed already, or it has ended otherwise.
    """
    caller.require(*TO_WRITE)
    order = orders.load(order_id)
    if not caller.acts_for(order.user_id):
        raise NotTheOwner(order.id)
    while order.status in CANCELLABLE:
        cancelled = order.cancel(order.user_id, clock.now())
        try:
            orders.append(cancelled)
        except VersionConflict as conflict:
            order = conflict.current
        else:
            return cancelled
    if order.status is not Status.CANCELLED:
        raise TooLateToCancel(order)
    return order
