"""The errors of the use cases and of what they reach through the ports.

OrderEngineError
├── Unauthenticated          nobody in particular asks, and that is not enough
│   └── TokenExpired
├── InsufficientScope        the token does not permit it
├── ForeignUserId            the caller names a user who is somebody else
├── OrderNotFound
│   └── NotTheOwner          told to the outside as OrderNotFound
├── IdempotencyConflict      same key, other order
├── TooLateToCancel
├── RateLimited              too many orders in a minute
├── VersionConflict          somebody else wrote the order first; carries what is there now
├── TooManySubscriptions     one connection has as many as it may have
├── NotConnected             the connection is closed, or closing
├── ClientUnreachable        a frame could not be delivered
│   └── ClientGone           there is no such connection: not any more, or not yet
├── UnreadableMessage        a queue message that names no order
└── DependencyUnavailable    a service we need did not answer; nothing is known about the effect
"""

from __future__ import annotations

from collections.abc import Sequence

from order_engine.domain.errors import FieldError, OrderEngineError
from order_engine.domain.order import Order


class Unauthenticated(OrderEngineError):
    """The request carries no valid identity, and must."""

    code = "unauthenticated"

    def __init__(self, detail: str = "Sign in first: this needs an access token.") -> None:
        super().__init__(detail)


class TokenExpired(Unauthenticated):
    """The caller's access token has ended."""

    code = "token_expired"

    def __init__(self) -> None:
        super().__init__("The access token has expired; get a new one.")


class InsufficientScope(OrderEngineError):
    """The caller's token has none of the scopes that this needs (RFC 6750, 3.1).

    Args:
        needed: any one of these would do.
    """

    code = "insufficient_scope"

    def __init__(self, needed: Sequence[str]) -> None:
        super().__init__(f"This needs an access token with the scope {' or '.join(needed)}.")
        self.needed = tuple(needed)


class ForeignUserId(OrderEngineError):
    """The caller names a user who is somebody else."""

    code = "user_id_mismatch"
    errors = (FieldError("userId", "not_allowed", "must be your own, or left out: you are known by your token"),)

    def __init__(self) -> None:
        super().__init__("You can't do this for another user.")


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


class VersionConflict(OrderEngineError):
    """The order has moved on since it was read.

    Args:
        current: the order as it is now.
    """

    code = "version_conflict"

    def __init__(self, current: Order) -> None:
        super().__init__(f"Order {current.id} is at version {current.version} already.")
        self.current = current


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


class UnreadableMessage(OrderEngineError):
    """A queue message names no order; the text says why."""

    code = "unreadable_message"


class DependencyUnavailable(OrderEngineError):
    """A service did not answer. Whether the call had an effect is unknown."""

    code = "service_unavailable"
