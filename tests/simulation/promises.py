"""What must hold, and what was promised to whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from order_engine.application.place_order import PlaceOrder

if TYPE_CHECKING:
    from tests.simulation.identities import Token


class Violation(BaseException):
    """Something that must always hold does not. No `except Exception` on the way gets to swallow it.

    Args:
        number: of the statement, as in docs/reliability.md.
        order_id: whose trace shows it.
    """

    def __init__(self, number: int, message: str, order_id: str = "") -> None:
        super().__init__(f"{number}: {message}")
        self.number = number
        self.order_id = order_id


@dataclass(frozen=True, slots=True)
class IssuedTicket:
    """A ticket: with which token it was asked for, and when that was answered, in milliseconds by the true time."""

    token: Token
    at: int


@dataclass
class Promises:
    """What the engine told its clients, to be held against it at the end."""

    accepted: dict[str, PlaceOrder] = field(default_factory=dict)
    by_key: dict[tuple[str, str], str] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    too_late: set[str] = field(default_factory=set)
    """Orders of which the last thing that was said of cancelling them is that it is too late."""
    cancelled_twice: set[str] = field(default_factory=set)
    """Orders that somebody else than who placed them may have cancelled as well, so that "too late" can be outdated."""
    refused: set[str] = field(default_factory=set)
    """Requests for an order, by the client's own name for them."""
    in_peace: set[str] = field(default_factory=set)
    """Connections that were made when nothing went wrong any more."""
    closed: set[str] = field(default_factory=set)
    """Those of them whose end was told."""
    tickets: dict[str, IssuedTicket] = field(default_factory=dict)
    """Every ticket that was issued, also where the answer was lost."""
    redeemed: Counter[str] = field(default_factory=Counter)
    """How often each of them has let somebody in."""
    squatted: set[str] = field(default_factory=set)
    """Keys of others under which the stranger has placed an order of his own."""
    requests: int = 0
    poison: list[str] = field(default_factory=list)
