"""What one can subscribe to, and which orders that means."""

from __future__ import annotations

import pytest

from order_engine.application.targets import (
    ALL,
    is_user_target,
    order_id_of,
    order_target,
    targets_of,
    user_target,
)
from tests.support.orders import new_order


def test_an_orders_events_go_to_its_own_its_users_and_all_subscribers() -> None:
    order = new_order("0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b", user_id="alice")
    assert targets_of(order) == (order_target(order.id), user_target("alice"), ALL)


@pytest.mark.parametrize(
    ("target", "order_id", "is_user"),
    [
        (order_target("x"), "x", False),
        (user_target("alice"), None, True),
        (user_target("order#x"), None, True),
        (user_target("all"), None, True),
        (ALL, None, False),
    ],
)
def test_targets_can_be_distinguished_whatever_a_user_is_called(
    target: str, order_id: str | None, is_user: bool
) -> None:
    assert order_id_of(target) == order_id
    assert is_user_target(target) == is_user
