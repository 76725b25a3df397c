"""Read one order on behalf of a caller."""

from __future__ import annotations

from order_engine.application.errors import NotTheOwner
from order_engine.application.identity import TO_READ, Caller
from order_engine.application.ports import OrderStore
from order_engine.domain.order import Order


def read_order(orders: OrderStore, order_id: str, caller: Caller) -> Order:
    """Return the order as it is now.

    Raises:
        InsufficientScope: the caller may not read orders.
        OrderNotFound: there is none, or it is somebody else's.
    """
    caller.require(*TO_READ)
    order = orders.load(order_id)
    check_reader(order, caller)
    return order


def check_reader(order: Order, caller: Caller) -> None:
    """Raise `NotTheOwner`, which is told as `OrderNotFound`, where the caller may not read the order."""
    if not caller.reads(order.user_id):
        raise NotTheOwner(order.id)
