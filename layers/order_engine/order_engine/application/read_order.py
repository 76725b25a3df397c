"""Read one order, on behalf of somebody."""

from __future__ import annotations

from order_engine.application.ports import OrderStore
from order_engine.domain.errors import NotTheOwner
from order_engine.domain.order import Order


def read_order(orders: OrderStore, order_id: str, caller: str | None) -> Order:
    """Return the order as it is now.

    Args:
        caller: the authenticated user; None where authentication is off.

    Raises:
        OrderNotFound: there is none, or it is somebody else's.
    """
    order = orders.load(order_id)
    if caller is not None and order.user_id != caller:
        raise NotTheOwner(order_id)
    return order
