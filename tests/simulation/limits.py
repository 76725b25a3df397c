"""The limits of the deployed system that the simulation shares; tests/infrastructure compares them."""

from __future__ import annotations

TIMEOUTS = {
    "orders_api": 20,
    "read_history": 20,
    "stream_authorizer": 10,
    "process_orders": 30,
    "close_dead_letters": 60,
    "sweep_orders": 60,
    "stream_gateway": 20,
    "push_updates": 60,
    "write_history": 30,
}
"""Seconds that each function may run."""

LARGEST_SKEW = 5.0
"""Seconds by which a clock may be wrong. (The one limit here that no template sets.)"""

TICKET_LIFETIME = 30
"""Seconds for which a ticket can be redeemed."""

MAX_RECEIVES = 100
"""After so many a message becomes a dead letter."""

VISIBILITY = 180
"""Seconds for which a received message is out of sight."""

PUSH_AGE = 600
HISTORY_AGE = 82_800
"""Seconds after which a stream record that fails is given up on."""
