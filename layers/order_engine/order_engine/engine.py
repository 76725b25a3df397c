"""The one composition root: ports in, use cases out.

Functions, tests and the simulator build this same class; they differ in the ports that they hand in. A
use case is imported and made when it is first asked for, so each function loads only what it uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from order_engine.application.close_dead_letters import DeadLetterClosing
    from order_engine.application.execute_order import OrderExecution
    from order_engine.application.identity import AuthMode, Caller
    from order_engine.application.monitor import Diagnosis, Metrics
    from order_engine.application.place_order import OrderPlacement
    from order_engine.application.ports import Deadline, OrderFilter, OrderTrail, Page, Ports, Position
    from order_engine.application.process_messages import MessageProcessing
    from order_engine.application.push_updates import UpdatePusher
    from order_engine.application.retries import RetryPolicy
    from order_engine.application.socket_session import Connections, SocketSessions
    from order_engine.application.stream_tickets import StreamTickets
    from order_engine.domain.order import Order


class EngineSettings(Protocol):
    """What decides how the use cases behave."""

    @property
    def retries(self) -> RetryPolicy:
        """How often, and after which pause, an order is tried again."""

    @property
    def auth_mode(self) -> AuthMode:
        """How callers are known."""


class Engine:
    """All use cases of the order engine.

    Args:
        ports: how it reaches the world.
        settings: read by those use cases that have any.

    Example:
        engine = Engine(InMemoryPorts(), settings)
        order = engine.placement.place(PlaceOrder(ANYONE, terms)).order
        engine.execution.execute(order.id, deadline)
    """

    def __init__(self, ports: Ports, settings: EngineSettings) -> None:
        self.ports = ports
        self.settings = settings

    # --- Orders ----------------------------------------------------------------------------------------------------

    @cached_property
    def placement(self) -> OrderPlacement:
        """Accepts orders."""
        from order_engine.application.place_order import OrderPlacement

        ports = self.ports
        return OrderPlacement(ports.orders, ports.queue, ports.clock, ports.randomness, ports.rate_limiter)

    def read_order(self, order_id: str, caller: Caller) -> Order:
        """Return the order as it is now. Raises `OrderNotFound`."""
        from order_engine.application.read_order import read_order

        return read_order(self.ports.orders, order_id, caller)

    def cancel_order(self, order_id: str, caller: Caller) -> Order:
        """Cancel the order. Raises `OrderNotFound` or `TooLateToCancel`."""
        from order_engine.application.cancel_order import cancel_order

        return cancel_order(self.ports.orders, self.ports.clock, order_id, caller)

    @cached_property
    def execution(self) -> OrderExecution:
        """Executes orders."""
        from order_engine.application.execute_order import OrderExecution

        ports = self.ports
        return OrderExecution(
            ports.orders, ports.venues, ports.executor, ports.clock, ports.randomness, self.settings.retries
        )

    @cached_property
    def processing(self) -> MessageProcessing:
        """Processes batches of wake-up messages."""
        from order_engine.application.process_messages import MessageProcessing

        return MessageProcessing(self.execution, self.ports.queue, self.ports.executor)

    # --- Recovery --------------------------------------------------------------------------------------------------

    def sweep_orders(self, deadline: Deadline, *, out_of_turn: bool = False) -> int:
        """Put overdue orders on the queue again; return how many."""
        from order_engine.application.sweep_orders import sweep_orders

        ports = self.ports
        return sweep_orders(ports.orders, ports.queue, ports.clock, deadline, out_of_turn=out_of_turn)

    @cached_property
    def dead_letter_closing(self) -> DeadLetterClosing:
        """Closes the orders of dead letters."""
        from order_engine.application.close_dead_letters import DeadLetterClosing

        ports = self.ports
        return DeadLetterClosing(ports.dead_letters, ports.orders, ports.venues, ports.clock)

    # --- Live updates ----------------------------------------------------------------------------------------------

    @cached_property
    def connections(self) -> Connections:
        """Opens and closes WebSocket connections."""
        from order_engine.application.socket_session import Connections

        return Connections(self.ports.subscriptions, self.ports.clock)

    @cached_property
    def sessions(self) -> SocketSessions:
        """Answers what clients send over their WebSockets."""
        from order_engine.application.socket_session import SocketSessions

        ports = self.ports
        return SocketSessions(
            ports.orders,
            ports.subscriptions,
            ports.clients,
            ports.clock,
            self.settings.auth_mode,
            lambda command: self.placement.place(command),  # noqa: PLW0108 - made when an order is placed
        )

    @cached_property
    def pusher(self) -> UpdatePusher:
        """Pushes what the streams say to WebSocket clients."""
        from order_engine.application.push_updates import UpdatePusher

        ports = self.ports
        return UpdatePusher(
            ports.orders, ports.subscriptions, ports.clients, ports.executor, ports.clock, self.settings.auth_mode
        )

    @cached_property
    def stream_tickets(self) -> StreamTickets:
        """Issues and redeems the tickets that open WebSocket connections."""
        from order_engine.application.stream_tickets import StreamTickets

        return StreamTickets(self.ports.tickets, self.ports.clock, self.ports.randomness)

    # --- History ---------------------------------------------------------------------------------------------------

    def record_history(self, images: Sequence[Order]) -> int:
        """Fold a batch of order images into the history; return the number of orders."""
        from order_engine.application.record_history import record_history

        return record_history(self.ports.history, self.ports.published_counts, images)

    def recount_history(self) -> None:
        """Count the orders in the history anew."""
        from order_engine.application.record_history import recount_history

        recount_history(self.ports.history, self.ports.published_counts)

    def list_orders(self, wanted: OrderFilter, limit: int, after: Position | None, caller: Caller) -> Page:
        """Return a page of orders, newest first."""
        from order_engine.application.read_history import list_orders

        return list_orders(self.ports.history_reader, wanted, limit, after, caller)

    def read_trail(self, order_id: str, caller: Caller) -> OrderTrail:
        """Return an order as the history has it, with its failed attempts. Raises `OrderNotFound`."""
        from order_engine.application.read_history import read_trail

        return read_trail(self.ports.history_reader, order_id, caller)

    def check_history(self) -> None:
        """Raise `DependencyUnavailable` unless the history can be read."""
        self.ports.history_reader.check()

    # --- Monitoring ------------------------------------------------------------------------------------------------

    def check_health(self, *, deep: bool = False) -> Diagnosis:
        """Return the engine's health; `deep` asks every dependency."""
        from order_engine.application.monitor import check_health

        return check_health(self.ports.dependencies if deep else (), self.ports.executor, self.ports.clock)

    def read_metrics(self, caller: Caller) -> Metrics:
        """Return the queue's figures and the number of orders by status. Raises `InsufficientScope`."""
        from order_engine.application.monitor import read_metrics

        ports = self.ports
        return read_metrics(ports.queue_gauge, ports.published_counts, ports.executor, ports.clock, caller)
