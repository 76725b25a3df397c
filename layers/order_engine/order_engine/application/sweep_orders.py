"""Find the orders that should have ended by now and send a wake-up message for each.

This is what makes an acceptance a promise: whatever was lost between storing an order and ending it, the order itself
is still in the sparse `open` index.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

from order_engine.application.ports import Clock, Deadline, OrderStore, WakeUpQueue

BATCH = 10
"""Messages in one call: the limit of SQS."""

RESERVE = 10.0
"""Seconds left when the sweep stops; what remains is found by the next one."""

_MAX_INTERVAL = 15
"""Minutes between two turns at the most."""

_TOLERANCE = 2
"""Minutes that a sweep may be late and still find what it should."""


def sweep_orders(
    orders: OrderStore, queue: WakeUpQueue, clock: Clock, deadline: Deadline, *, out_of_turn: bool = False
) -> int:
    """Put overdue orders on the queue again, those whose turn it is or all of them; return how many."""
    now = clock.now()
    overdue = (order.order_id for order in orders.overdue(now) if out_of_turn or is_sweep_due(now - order.due_at))
    swept = 0
    while deadline.remaining() > RESERVE and (batch := list(islice(overdue, BATCH))):
        queue.send_again(batch)
        swept += len(batch)
    return swept


def is_sweep_due(overdue: timedelta) -> bool:
    """Return whether an order that is overdue for so long is to be swept now.

    After 0, 1, 2, 4 and 8 minutes, then every 15: an order that can't be processed for a day must not fill the queue
    with messages. Each turn lasts for two minutes, so that a sweep that comes late does not miss it.
    """
    minutes = int(overdue.total_seconds() // 60)
    turn = 2 ** (minutes.bit_length() - 1) if 0 < minutes < _MAX_INTERVAL else minutes // _MAX_INTERVAL * _MAX_INTERVAL
    return minutes - turn < _TOLERANCE
