"""What one can subscribe to: an order, the orders of a user, or all orders."""

from __future__ import annotations

from order_engine.domain.order import Order

ALL = "all"
_ORDER = "order#"
_USER = "user#"


def order_target(order_id: str) -> str:
    """Return the target of one order."""
    return _ORDER + order_id


def user_target(user_id: str) -> str:
    """Return the target of one user's orders."""
    return _USER + user_id


def targets_of(order: Order) -> tuple[str, str, str]:
    """Return every target whose subscribers hear of this order."""
    return order_target(order.id), user_target(order.user_id), ALL


def order_id_of(target: str) -> str | None:
    """Return the order a target is for, or None for a channel."""
    return target.removeprefix(_ORDER) if target.startswith(_ORDER) else None


def describe(target: str) -> dict[str, str]:
    """Return the target as clients name it: by `orderId` or by `channel`."""
    if (order_id := order_id_of(target)) is not None:
        return {"orderId": order_id}
    return {"channel": "user" if target.startswith(_USER) else ALL}
