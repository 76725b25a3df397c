"""Every error that the engine itself raises.

OrderEngineError
├── InvalidOrder             the request can't be accepted; carries one FieldError a fault
│   └── MalformedOrderId
├── OrderNotFound
├── NotTheOwner              told to the outside as OrderNotFound
├── IdempotencyConflict      same key, other order
├── TooLateToCancel
├── RateLimited              too many orders in a minute
├── IllegalTransition        a step the transition table does not have
├── VersionConflict          somebody else wrote the order first; carries what is there now
├── TooManySubscriptions     one connection listens to too much
├── NotConnected             the connection is closed, or closing
├── ClientUnreachable        a frame could not be delivered
│   └── ClientGone           there is no such connection: not any more, or not yet
├── DependencyUnavailable    a service we need did not answer; nothing is known about the effect
└── ExecutionError           an attempt to execute an order went wrong
    ├── RetryableError       the queue tries again
    │   ├── QuoteUnavailable
    │   ├── PriceMoved       the best quote is below the order's own minimum
    │   ├── SimulationFailed
    │   ├── TransactionFailed    it landed on chain and failed there
    │   └── TransactionExpired   it can't land any more
    └── FinalError           recorded as `failed`, never tried again
        ├── NoLiquidity
        └── UnknownPair
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from order_engine.domain.order import Order


class OrderEngineError(Exception):
    """Base of all errors of the engine. `code` is stable and goes over the wire."""

    code = "internal_error"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of one input field.

    Args:
        field: the field's name on the wire, such as ``amountIn``.
        code: stable machine-readable reason.
        message: what was wrong and what would be right.
    """

    field: str
    code: str
    message: str


class InvalidOrder(OrderEngineError):
    """The request is well formed but can't be accepted."""

    code = "validation_failed"

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
        self.errors = errors


class MalformedOrderId(InvalidOrder):
    """An order id that can't be one."""

    code = "invalid_order_id"

    def __init__(self, field: str = "orderId") -> None:
        super().__init__(FieldError(field, self.code, "must be a UUID, as returned when the order was placed"))


class OrderNotFound(OrderEngineError):
    """There is no such order, or not for this caller."""

    code = "order_not_found"

    def __init__(self, order_id: str) -> None:
        super().__init__(f"There is no order {order_id}.")
        self.order_id = order_id


class NotTheOwner(OrderNotFound):
    """The order is somebody else's; the outside sees the same as for an unknown one."""


class IdempotencyConflict(OrderEngineError):
    """The idempotency key was used before, with another body."""

    code = "idempotency_conflict"

    def __init__(self, order_id: str) -> None:
        super().__init__(f"This idempotency key belongs to order {order_id}, which was placed with another body.")
        self.order_id = order_id


class TooLateToCancel(OrderEngineError):
    """Only a pending or routing order can be cancelled."""

    code = "too_late_to_cancel"

    def __init__(self, order: Order) -> None:
        super().__init__(f"Too late: order {order.id} is {order.status}; only pending or routing can be cancelled.")
        self.order = order


class RateLimited(OrderEngineError):
    """The user has placed as many orders as one may in a minute.

    Args:
        limit: orders in a window.
        retry_after: whole seconds until the next window begins.
    """

    code = "rate_limited"

    def __init__(self, limit: int, retry_after: int) -> None:
        super().__init__(f"You may place {limit} orders a minute; try again in {retry_after} s.")
        self.limit = limit
        self.retry_after = retry_after


class IllegalTransition(OrderEngineError):
    """The step is not in the transition table."""

    code = "illegal_transition"


class VersionConflict(OrderEngineError):
    """The order has moved on since it was read.

    Args:
        current: the order as it is now.
    """

    code = "version_conflict"

    def __init__(self, current: Order) -> None:
        super().__init__(f"Order {current.id} is at version {current.version} already.")
        self.current = current


class DependencyUnavailable(OrderEngineError):
    """A service did not answer. Whether the call had an effect is unknown."""

    code = "service_unavailable"


class TooManySubscriptions(OrderEngineError):
    """The connection has as many subscriptions as one may have."""

    code = "too_many_subscriptions"

    def __init__(self, limit: int) -> None:
        super().__init__(f"A connection can have at most {limit} subscriptions; unsubscribe from some first.")


class NotConnected(OrderEngineError):
    """There is no such connection (any more)."""

    code = "not_connected"


class ClientUnreachable(OrderEngineError):
    """A frame could not be delivered to a client."""

    code = "client_unreachable"


class ClientGone(ClientUnreachable):
    """The gateway knows no such connection: it is closed, or its `$connect` has not returned yet."""


class ExecutionError(OrderEngineError):
    """An attempt to execute an order went wrong. The message is shown to the order's owner."""

    code = "execution_failed"


class RetryableError(ExecutionError):
    """Worth another attempt."""


class QuoteUnavailable(RetryableError):
    """A venue gave no quote this time."""

    code = "quote_unavailable"


class PriceMoved(RetryableError):
    """The best quote is below the order's own minimum amount out."""

    code = "min_amount_out_not_met"


class SimulationFailed(RetryableError):
    """The venue's dry run of the transaction failed; nothing was sent."""

    code = "simulation_failed"


class TransactionFailed(RetryableError):
    """The transaction landed on chain and failed there: no tokens moved."""

    code = "transaction_failed"


class TransactionExpired(RetryableError):
    """The transaction's validity is over and it did not land: it never will."""

    code = "transaction_expired"


class FinalError(ExecutionError):
    """Another attempt would end the same way."""


class NoLiquidity(FinalError):
    """The venue has not enough liquidity for this size."""

    code = "no_liquidity"


class UnknownPair(FinalError):
    """The venue has no pool for this pair."""

    code = "unknown_pair"
