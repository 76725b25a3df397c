"""What one can subscribe to: an order, the orders of a user, or all orders."""

from __future__ import annotations

from order_engine.application.identity import TO_ADMINISTER, TO_READ, Caller, check_reads
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
    """Return every target whose subscribers get this order's events."""
    return order_target(order.id), user_target(order.user_id), ALL


def order_id_of(target: str) -> str | None:
    """Return the order a target is for, or None for a channel."""
    return target.removeprefix(_ORDER) if target.startswith(_ORDER) else None


def is_user_target(target: str) -> bool:
    """Return whether the target is one user's orders."""
    return target.startswith(_USER)


def check_subscriber(caller: Caller, target: str) -> None:
    """Check that the caller may subscribe to a target. Whose an order is, shows when it is read.

    Raises:
        InsufficientScope: the caller may not read orders, or not everybody's.
        ForeignUserId: these are the orders of another user.
    """
    caller.require(*(TO_ADMINISTER if target == ALL else TO_READ))
    if is_user_target(target):
        check_reads(caller, target.removeprefix(_USER))
