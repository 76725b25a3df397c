"""Read one order on behalf of a caller."""

from __future__ import annotations

from order_engine.application.errors import NotTheOwner
from order_engine.application.ports import OrderStore
from order_engine.domain.order import Order


def read_order(orders: OrderStore, order_id: str, caller: str | None) -> Order:
    """Return the order as it is now.

    Args:
        caller: the authenticated user; None where authentication is off.

    Raises:
        OrderNotFound: there is none, or it is somebody else's.
    """
    order = orders.load(order_id)
    check_owner(order, caller)
    return order


def check_owner(order: Order, caller: str | None) -> None:
    """Raise `NotTheOwner`, which is told as `OrderNotFound`, where the order is not the caller's."""
    if caller is not None and order.user_id != caller:
        raise NotTheOwner(order.id)
