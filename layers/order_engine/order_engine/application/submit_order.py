"""Accept an order: store it, then wake a worker.

The order is stored first. If the process dies before the message is sent, the sweeper finds the order by its `open`
index entry; so once the order is stored, it will reach a terminal state.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid5

from order_engine.application.ports import Allowance, Clock, Dice, OrderStore, RateLimiter, WakeUpQueue
from order_engine.domain.errors import DependencyUnavailable, IdempotencyConflict, OrderNotFound, RateLimited
from order_engine.domain.events import Status
from order_engine.domain.order import Order, Terms

_IDEMPOTENCY_NAMESPACE = UUID("6d1a4f53-5b4c-4d0b-9f2e-6c3f4f0f6a11")


@dataclass(frozen=True, slots=True)
class SubmitOrder:
    """The wish to have an order executed.

    Args:
        idempotency_key: from the client; with it, the same wish twice gives one order.
    """

    user_id: str
    terms: Terms
    idempotency_key: str | None = None
    client_order_id: str | None = None
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class OrderAccepted:
    """The order, whether it had been accepted before, and how many more the user may place."""

    order: Order
    replayed: bool
    allowance: Allowance | None = None


class NoLimit:
    """`RateLimiter` that lets everything through."""

    def admit(self, _user_id: str) -> None:
        """Count nothing."""


@dataclass(frozen=True, slots=True)
class OrderDesk:
    """Accepts orders."""

    orders: OrderStore
    queue: WakeUpQueue
    clock: Clock
    dice: Dice
    limiter: RateLimiter

    def submit(self, command: SubmitOrder) -> OrderAccepted:
        """Accept an order, or find it accepted already.

        Raises:
            RateLimited: the user has placed too many; nothing was stored.
            IdempotencyConflict: the key was used for another order.
            DependencyUnavailable: the order may or may not be stored; with an idempotency key, ask again.
        """
        order = self._new_order(command)
        try:
            allowance = self.limiter.admit(command.user_id)
        except RateLimited as refusal:
            return self._accepted_before(order, command, refusal)
        existing = self.orders.create(order)
        if existing is None:
            self._wake(order)
            return OrderAccepted(order, replayed=False, allowance=allowance)
        return self._replay(existing, order, allowance)

    def _accepted_before(self, order: Order, command: SubmitOrder, refusal: RateLimited) -> OrderAccepted:
        """Replay an order that was accepted before: to ask again for it is no new order. Else raise the refusal."""
        if command.idempotency_key is None:
            raise refusal
        try:
            existing = self.orders.load(order.id)
        except OrderNotFound:
            raise refusal from None
        return self._replay(existing, order, None)

    def _replay(self, existing: Order, order: Order, allowance: Allowance | None) -> OrderAccepted:
        if not existing.terms.agrees_with(order.terms):
            raise IdempotencyConflict(existing.id)
        if existing.status is Status.PENDING:
            self._wake(existing)  # the first request may have died between storing and waking
        return OrderAccepted(existing, replayed=True, allowance=allowance)

    def _new_order(self, command: SubmitOrder) -> Order:
        return Order.accepted(
            self._order_id(command),
            command.user_id,
            command.terms,
            self.clock.now(),
            command.client_order_id,
            command.correlation_id,
        )

    def _order_id(self, command: SubmitOrder) -> str:
        """With a key the id follows from user and key, so that the conditional put is the idempotency check."""
        if command.idempotency_key is None:
            return self.dice.order_id()
        return str(uuid5(_IDEMPOTENCY_NAMESPACE, f"{command.user_id}\0{command.idempotency_key}"))

    def _wake(self, order: Order) -> None:
        """Wake a worker. A queue that is down costs time, not the order: the sweeper comes by."""
        try:
            self.queue.send(order)
        except DependencyUnavailable:
            return
