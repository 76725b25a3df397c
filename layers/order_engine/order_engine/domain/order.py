"""The order: an append-only list of events, and the one table of steps its life may take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from order_engine.domain.amounts import min_amount_out, read_amount
from order_engine.domain.errors import IllegalTransition
from order_engine.domain.events import Data, Event, Status, parse_iso
from order_engine.domain.swaps import Swap, Transaction
from order_engine.domain.tokens import Token

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.ROUTING, Status.CANCELLED, Status.FAILED}),
    Status.ROUTING: frozenset({Status.BUILDING, Status.PENDING, Status.CANCELLED, Status.FAILED}),
    Status.BUILDING: frozenset({Status.SUBMITTED, Status.PENDING, Status.FAILED}),
    Status.SUBMITTED: frozenset({Status.CONFIRMED, Status.PENDING, Status.FAILED}),
    Status.CONFIRMED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}

CANCELLABLE = frozenset(status for status, following in TRANSITIONS.items() if Status.CANCELLED in following)

OVERDUE_AFTER = timedelta(seconds=60)
"""An open order older than this is put on the queue again by the sweeper."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What was ordered. Amounts are base units; the text of `amount_in` is kept exactly as it was entered.

    Args:
        slippage_bps: tolerated difference to the quote, in basis points.
        slippage_entered: the same, a fraction as text; the default's when none was given.
        min_amount_out: the least acceptable amount out in base units, 0 when there is no limit of its own.
    """

    order_type: str
    token_in: Token
    token_out: Token
    amount_in: int
    amount_in_entered: str
    slippage_bps: int
    slippage_entered: str
    min_amount_out: int = 0
    min_amount_out_entered: str | None = None

    def least_out(self, quoted: int) -> int:
        """Return the least amount out (base units) that a swap quoted at `quoted` may give."""
        return max(min_amount_out(quoted, self.slippage_bps), self.min_amount_out)

    def agrees_with(self, other: Terms) -> bool:
        """Whether both order the same thing, however it was written (``1`` and ``1.0``)."""
        return self.meaning == other.meaning

    def described(self) -> dict[str, str]:
        """Return the terms as they go over the wire: exactly as they were entered."""
        terms = {
            "orderType": self.order_type,
            "tokenIn": self.token_in.symbol,
            "tokenOut": self.token_out.symbol,
            "amountIn": self.amount_in_entered,
            "slippage": self.slippage_entered,
        }
        return terms | {"minAmountOut": self.min_amount_out_entered} if self.min_amount_out_entered else terms

    @property
    def meaning(self) -> tuple[str, str, str, int, int, int]:
        """The terms without their spelling."""
        return (
            self.order_type,
            self.token_in.mint,
            self.token_out.mint,
            self.amount_in,
            self.slippage_bps,
            self.min_amount_out,
        )


@dataclass(frozen=True)
class Order:
    """One order with everything that has happened to it. Immutable: a step gives a new order.

    Args:
        id: a UUID.
        user_id: whose it is.
        client_order_id: the client's own name for it, shown back.
        correlation_id: the id of the request that placed it; goes through queue, logs and messages.
    """

    id: str
    user_id: str
    terms: Terms
    created_at: datetime
    events: tuple[Event, ...]
    client_order_id: str | None = None
    correlation_id: str | None = None

    @classmethod
    def accepted(
        cls,
        order_id: str,
        user_id: str,
        terms: Terms,
        at: datetime,
        client_order_id: str | None = None,
        correlation_id: str | None = None,
    ) -> Order:
        """Return a new order. Its first event says all there is to know, so that the stream explains itself.

        Args:
            at: aware UTC.
        """
        data = {"userId": user_id, **terms.described()}
        if correlation_id:
            data["correlationId"] = correlation_id
        events = (Event(1, Status.PENDING, at, data),)
        return cls(order_id, user_id, terms, at, events, client_order_id, correlation_id)

    @property
    def version(self) -> int:
        """The number of events, which is also the `seq` of the last."""
        return len(self.events)

    @property
    def status(self) -> Status:
        """Where the order is now."""
        return self.events[-1].status

    @property
    def updated_at(self) -> datetime:
        """When the last event happened."""
        return self.events[-1].timestamp

    @property
    def due_at(self) -> datetime:
        """From when on the sweeper looks after the order, if it is still open."""
        return self.created_at + OVERDUE_AFTER

    @cached_property
    def attempt(self) -> int:
        """The number of the current attempt, from 1. Counted here, as the queue's own count includes throttles."""
        return sum(1 for event in self.events if event.status is Status.PENDING)

    @property
    def attempts(self) -> int:
        """How many attempts were begun."""
        return sum(1 for event in self.events if event.status is Status.ROUTING)

    @property
    def next_attempt_at(self) -> datetime | None:
        """When a pending order may be tried again; None where it need not wait."""
        moment = self.events[-1].data.get("nextAttemptAt")
        return parse_iso(moment) if moment else None

    @property
    def swap(self) -> Swap:
        """The current attempt's swap."""
        terms = self.terms
        return Swap(self.id, self.attempt, terms.token_in, terms.token_out, terms.amount_in)

    @property
    def transaction(self) -> Transaction | None:
        """The current attempt's signed transaction, as its `building` event has it; None before that."""
        for event in reversed(self.events):
            if event.status is Status.PENDING:
                return None
            if event.status is Status.BUILDING:
                return _transaction(self.swap, event.data)
        return None

    def then(self, status: Status, data: Data, at: datetime) -> Order:
        """Return the order after one more step.

        Time never runs backwards within an order, even where the clocks of two workers disagree.

        Raises:
            IllegalTransition: the table has no such step.
        """
        if status not in TRANSITIONS[self.status]:
            raise IllegalTransition(f"order {self.id}: {self.status} can't become {status}")
        event = Event(self.version + 1, status, max(at, self.updated_at), data)
        return replace(self, events=(*self.events, event))


def _transaction(swap: Swap, data: Data) -> Transaction:
    return Transaction(
        signature=data["signature"],
        venue=data["venue"],
        swap=swap,
        quoted_amount_out=read_amount(data["quotedAmountOut"], swap.token_out),
        min_amount_out=read_amount(data["minAmountOut"], swap.token_out),
        valid_until=parse_iso(data["validUntil"]),
    )
