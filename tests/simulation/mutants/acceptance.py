"""Placing and cancelling an order."""

from __future__ import annotations

from order_engine.application.cancel_order import cancel_order
from order_engine.application.place_order import OrderPlacement
from order_engine.domain.order import Order
from tests.simulation.mutants.mutant import mutant

ACCEPTANCE = (
    mutant(
        "accepted although the store did not answer",
        (
            OrderPlacement.place,
            "existing = self.orders.create(order)",
            "try: existing = self.orders.create(order)\n    except DependencyUnavailable: existing = None",
        ),
    ),
    mutant(
        "stored before it is let in",
        (
            OrderPlacement.place,
            "order = self._new_order(command)",
            "self.orders.create(order := self._new_order(command))",
        ),
    ),
    mutant(
        "idempotency compared by key alone",
        (OrderPlacement._replay, "not existing.terms.agrees_with(order.terms)", "False"),
    ),
    mutant(
        "idempotency key without its user",
        (OrderPlacement._order_id, "{command.user_id}", ""),
        (OrderPlacement._replay, "not existing.terms.agrees_with(order.terms)", "False"),
    ),
    mutant("user and key run together", (OrderPlacement._order_id, "\\0", "")),
    mutant(
        "cancelled after building",
        (cancel_order, "order.status in CANCELLABLE", "not order.status.terminal"),
        (Order._next, "kind.status not in TRANSITIONS[self.status]", "False"),
    ),
    mutant(
        "too late to cancel, because it is cancelled",
        (cancel_order, "order = conflict.current", "raise TooLateToCancel(conflict.current)"),
    ),
)
