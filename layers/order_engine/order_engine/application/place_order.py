"""Place an order: store it, then send its wake-up message.

The order is stored first. If the process dies before the message is sent, the sweeper finds the order by its `open`
index entry; so once the order is stored, it will reach a terminal state.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid5

from order_engine.application.errors import DependencyUnavailable, IdempotencyConflict, OrderNotFound, RateLimited
from order_engine.application.identity import TO_WRITE, Caller, check_acts_for
from order_engine.application.ports import Allowance, Clock, OrderStore, Randomness, RateLimiter, WakeUpQueue
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from order_engine.domain.terms import Terms

_IDEMPOTENCY_NAMESPACE = UUID("6d1a4f53-5b4c-4d0b-9f2e-6c3f4f0f6a11")


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """The command to place an order.

    Args:
        caller: who places it, and so whose it is.
        idempotency_key: from the client; with it, the same command twice gives one order.
        named_user: whose it shall be, where the client names somebody.
    """

    caller: Caller
    terms: Terms
    idempotency_key: str | None = None
    client_order_id: str | None = None
    correlation_id: str | None = None
    named_user: str | None = None

    @property
    def user_id(self) -> str:
        """Whose order it is."""
        return self.named_user or self.caller.user_id


@dataclass(frozen=True, slots=True)
class Placed:
    """The order, whether it had been placed before, and how many more the user may place."""

    order: Order
    replayed: bool
    allowance: Allowance | None = None


@dataclass(frozen=True, slots=True)
class OrderPlacement:
    """Accepts orders."""

    orders: OrderStore
    queue: WakeUpQueue
    clock: Clock
    randomness: Randomness
    limiter: RateLimiter

    def place(self, command: PlaceOrder) -> Placed:
        """Accept an order, or find it accepted already; then it is returned as it is now.

        Raises:
            InsufficientScope: the caller may not place orders; nothing was stored.
            ForeignUserId: the order would be another user's; nothing was stored.
            RateLimited: the user has placed too many; nothing was stored.
            IdempotencyConflict: the key was used for another order.
            DependencyUnavailable: the order may or may not be stored; with an idempotency key, ask again.
        """
        command.caller.require(*TO_WRITE)
        check_acts_for(command.caller, command.user_id)
        order = self._new_order(command)
        try:
            allowance = self.limiter.admit(command.user_id)
        except RateLimited as refusal:
            return self._placed_before(order, command, refusal)
        existing = self.orders.create(order)
        if existing is None:
            self._wake(order)
            return Placed(order, replayed=False, allowance=allowance)
        return self._replay(existing, order, allowance)

    def _placed_before(self, order: Order, command: PlaceOrder, refusal: RateLimited) -> Placed:
        """Replay an order that was placed before, as asking again for it is no new order. Else raise the refusal."""
        if command.idempotency_key is None:
            raise refusal
        try:
            existing = self.orders.load(order.id)
        except OrderNotFound:
            raise refusal from None
        return self._replay(existing, order, None)

    def _replay(self, existing: Order, order: Order, allowance: Allowance | None) -> Placed:
        if not existing.terms.agrees_with(order.terms):
            raise IdempotencyConflict(existing.id)
        if existing.status is Status.PENDING:
            self._wake(existing)  # the first request may have died between storing and sending
        return Placed(existing, replayed=True, allowance=allowance)

    def _new_order(self, command: PlaceOrder) -> Order:
        return Order.accepted(
            self._order_id(command),
            command.user_id,
            command.terms,
            self.clock.now(),
            command.client_order_id,
            command.correlation_id,
        )

    def _order_id(self, command: PlaceOrder) -> str:
        """With a key the id follows from user and key, so that the conditional put is the idempotency check."""
        if command.idempotency_key is None:
            return self.randomness.order_id()
        return str(uuid5(_IDEMPOTENCY_NAMESPACE, f"{command.user_id}\0{command.idempotency_key}"))

    def _wake(self, order: Order) -> None:
        """Send the wake-up message. A queue that is down delays the order and loses nothing: the sweeper finds it."""
        try:
            self.queue.send(order)
        except DependencyUnavailable:
            return
