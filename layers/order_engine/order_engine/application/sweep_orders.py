"""Find the orders that should have ended by now and wake a worker for each.

This is what makes an acceptance a promise: whatever was lost between storing an order and ending it, the order itself
is still in the sparse `open` index.
"""

from __future__ import annotations

from itertools import islice

from order_engine.application.ports import Clock, Deadline, OrderStore, WakeUpQueue

BATCH = 10
"""Messages in one call: the limit of SQS."""

RESERVE = 5.0
"""Seconds left when the sweep stops; what remains is found by the next one."""


def sweep_orders(orders: OrderStore, queue: WakeUpQueue, clock: Clock, deadline: Deadline) -> int:
    """Put every overdue order on the queue again; return how many there were."""
    overdue = iter(orders.overdue(clock.now()))
    swept = 0
    while deadline.remaining() > RESERVE and (batch := list(islice(overdue, BATCH))):
        queue.send_again(batch)
        swept += len(batch)
    return swept
