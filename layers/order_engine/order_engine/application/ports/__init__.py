"""What the use cases need from the world: small protocols, named by role.

Everything that waits, forks, measures or is random is a port, so that a simulation can drive the very same code step
by step. Every call may raise `DependencyUnavailable`; whether it had an effect is then unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from order_engine.application.ports.dependencies import Dependency
    from order_engine.application.ports.history import (
        FailedAttempt,
        History,
        HistoryReader,
        OrderFilter,
        OrderTrail,
        Page,
        Position,
        PublishedCounts,
        StatusCounts,
        failed_attempts,
    )
    from order_engine.application.ports.orders import EventCodec, OrderStore, Overdue
    from order_engine.application.ports.process import Clock, Deadline, Executor, Randomness
    from order_engine.application.ports.queue import (
        DeadLetter,
        DeadLetters,
        QueueFigures,
        QueueGauge,
        RedrivableDeadLetters,
        WakeUp,
        WakeUpCodec,
        WakeUpQueue,
    )
    from order_engine.application.ports.rate_limits import RATE_WINDOW, Allowance, RateLimiter, Unlimited
    from order_engine.application.ports.subscribers import Clients, FrameCodec, Subscription, Subscriptions
    from order_engine.application.ports.tickets import Tickets, TokenVerifier
    from order_engine.application.ports.venue import Venue

__all__ = [
    "RATE_WINDOW",
    "Allowance",
    "Clients",
    "Clock",
    "DeadLetter",
    "DeadLetters",
    "Deadline",
    "Dependency",
    "EventCodec",
    "Executor",
    "FailedAttempt",
    "FrameCodec",
    "History",
    "HistoryReader",
    "OrderFilter",
    "OrderStore",
    "OrderTrail",
    "Overdue",
    "Page",
    "Ports",
    "Position",
    "PublishedCounts",
    "QueueFigures",
    "QueueGauge",
    "Randomness",
    "RateLimiter",
    "RedrivableDeadLetters",
    "StatusCounts",
    "Subscription",
    "Subscriptions",
    "Tickets",
    "TokenVerifier",
    "Unlimited",
    "Venue",
    "WakeUp",
    "WakeUpCodec",
    "WakeUpQueue",
    "failed_attempts",
]


_NAMES = {
    "dependencies": ("Dependency",),
    "history": (
        "FailedAttempt",
        "History",
        "HistoryReader",
        "OrderFilter",
        "OrderTrail",
        "Page",
        "Position",
        "PublishedCounts",
        "StatusCounts",
        "failed_attempts",
    ),
    "orders": ("EventCodec", "OrderStore", "Overdue"),
    "process": ("Clock", "Deadline", "Executor", "Randomness"),
    "queue": (
        "DeadLetter",
        "DeadLetters",
        "QueueFigures",
        "QueueGauge",
        "RedrivableDeadLetters",
        "WakeUp",
        "WakeUpCodec",
        "WakeUpQueue",
    ),
    "rate_limits": ("Allowance", "RATE_WINDOW", "RateLimiter", "Unlimited"),
    "subscribers": ("Clients", "FrameCodec", "Subscription", "Subscriptions"),
    "tickets": ("Tickets", "TokenVerifier"),
    "venue": ("Venue",),
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a port's module when the port is first asked for: each function loads only what it uses (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


class Ports(Protocol):
    """All ports of an engine. Each is made when it is first asked for, so a function pays for what it uses."""

    @property
    def clock(self) -> Clock: ...
    @property
    def executor(self) -> Executor: ...
    @property
    def randomness(self) -> Randomness: ...
    @property
    def orders(self) -> OrderStore: ...
    @property
    def queue(self) -> WakeUpQueue: ...
    @property
    def dead_letters(self) -> DeadLetters: ...
    @property
    def queue_gauge(self) -> QueueGauge: ...
    @property
    def rate_limiter(self) -> RateLimiter: ...
    @property
    def venues(self) -> Mapping[str, Venue]: ...
    @property
    def subscriptions(self) -> Subscriptions: ...
    @property
    def clients(self) -> Clients: ...
    @property
    def tickets(self) -> Tickets: ...
    @property
    def token_verifier(self) -> TokenVerifier: ...
    @property
    def history(self) -> History: ...
    @property
    def history_reader(self) -> HistoryReader: ...
    @property
    def published_counts(self) -> PublishedCounts: ...
    @property
    def dependencies(self) -> tuple[Dependency, ...]: ...
