"""What the engine depends on, for its health check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

HISTORY_PROBE = {"check": "database"}
"""The event with which `read_history` is asked for Postgres alone."""


RECOUNT = {"recount": True}
"""The event with which `write_history` is asked to count all orders anew: the end of a rebuild."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """Something the engine needs.

    Args:
        check: asks it something cheap; raises if it does not answer.
        vital: without it no order can be accepted or executed. Without the others only the past can't be seen.
    """

    name: str
    check: Callable[[], object]
    vital: bool = True
