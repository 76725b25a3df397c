"""A client's session on a WebSocket: its connection, and an answer to each of its frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from order_engine.application.cancel_order import cancel_order
from order_engine.application.errors import ClientUnreachable, Unauthenticated
from order_engine.application.identity import TO_READ, AuthMode, Caller, check_valid
from order_engine.application.messages import Message, OrderPlaced, OrderShown, Pong, Refused, Unsubscribed
from order_engine.application.place_order import Placed, PlaceOrder
from order_engine.application.ports import Clients, Clock, OrderStore, Subscription, Subscriptions
from order_engine.application.read_order import read_order
from order_engine.application.targets import check_subscriber, order_target


@dataclass(frozen=True, slots=True)
class Connection:
    """A WebSocket connection, and who is at its other end."""

    id: str
    caller: Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a frame asks for.

    Args:
        request_id: the client's own id for the frame, repeated in the answer.
    """

    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class SubscribeRequest(Request):
    """Subscribe to a target; events up to `after_seq` are known already."""

    target: str
    after_seq: int = 0


@dataclass(frozen=True, slots=True)
class UnsubscribeRequest(Request):
    """End the subscription to a target."""

    target: str


@dataclass(frozen=True, slots=True)
class PlaceRequest(Request):
    """Place an order, and subscribe to it."""

    command: PlaceOrder


@dataclass(frozen=True, slots=True)
class GetRequest(Request):
    """Show an order."""

    order_id: str


@dataclass(frozen=True, slots=True)
class CancelRequest(Request):
    """Cancel an order, and show it."""

    order_id: str


@dataclass(frozen=True, slots=True)
class PingRequest(Request):
    """Answer."""


@dataclass(frozen=True, slots=True)
class UnreadableFrame(Request):
    """A frame that can't be understood, and why."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Handled:
    """How the handling of a frame ended.

    Args:
        failure: what the client was told as an error.
        undelivered: why an answer could not be delivered.
    """

    failure: Exception | None = None
    undelivered: ClientUnreachable | None = None


@dataclass(frozen=True, slots=True)
class Connections:
    """Opens and closes connections."""

    subscriptions: Subscriptions
    clock: Clock

    def connect(self, connection: Connection, first: Subscription | None) -> None:
        """Store the connection. The first subscription's row makes `push_updates` send what happened before.

        Raises:
            InsufficientScope, ForeignUserId: the caller may not subscribe to that; nothing was stored.
        """
        if first is not None:
            check_subscriber(connection.caller, first.target)
            first = replace(first, connected_at=self.clock.now())
        self.subscriptions.connect(connection.id, connection.caller, first)

    def disconnect(self, connection_id: str) -> None:
        """Remove the connection with all its subscriptions."""
        self.subscriptions.disconnect(connection_id)


@dataclass(frozen=True, slots=True)
class SocketSessions:
    """Does what frames ask for.

    Args:
        place: places an order; only frames that do so need what that needs.
    """

    orders: OrderStore
    subscriptions: Subscriptions
    clients: Clients
    clock: Clock
    auth_mode: AuthMode
    place: Callable[[PlaceOrder], Placed]

    def handle(self, connection: Connection, request: Request) -> Handled:
        """Do what a frame asks for, and answer it; a subscription is answered by `push_updates`.

        A client that has left needs no answer. `accepted` is sent before the order's first event can be. A connection
        whose caller's token has expired is told so, and closed.
        """
        undelivered = None
        try:
            check_valid(connection.caller, self.auth_mode, self.clock.now())
            for message in self._answers(connection, request):
                undelivered = self._send(connection, message)
        except Unauthenticated as ended:
            undelivered = self._send(connection, Refused(ended, request.request_id))
            self.clients.close(connection.id)
            return Handled(ended, undelivered)
        except Exception as error:
            return Handled(error, self._send(connection, Refused(error, request.request_id)) or undelivered)
        return Handled(undelivered=undelivered)

    def _send(self, connection: Connection, message: Message) -> ClientUnreachable | None:
        try:
            self.clients.post(connection.id, message)
        except ClientUnreachable as error:
            return error
        return None

    def _answers(self, connection: Connection, request: Request) -> Iterable[Message]:
        match request:
            case SubscribeRequest():  # the row's stream record has `push_updates` answer
                self._subscribe(connection, request.target, request.after_seq, request.request_id)
            case UnsubscribeRequest():
                check_subscriber(connection.caller, request.target)
                self.subscriptions.remove(request.target, connection.id)
                yield Unsubscribed(request.target, request.request_id)
            case PlaceRequest():
                connection.caller.require(*TO_READ)  # else the order would be placed, and not subscribed to
                placed = self.place(request.command)
                yield OrderPlaced(placed.order, placed.replayed, request.request_id)
                self._subscribe(connection, order_target(placed.order.id))
            case GetRequest():
                order = read_order(self.orders, request.order_id, connection.caller)
                yield OrderShown(order, request.request_id)
            case CancelRequest():
                order = cancel_order(self.orders, self.clock, request.order_id, connection.caller)
                yield OrderShown(order, request.request_id)
            case PingRequest():
                yield Pong(self.clock.now(), request.request_id)
            case UnreadableFrame():
                raise request.error
            case _:
                raise TypeError(f"There is no answer to {request!r}.")

    def _subscribe(
        self, connection: Connection, target: str, after_seq: int = 0, request_id: str | None = None
    ) -> None:
        check_subscriber(connection.caller, target)
        self.subscriptions.add(Subscription(target, connection.id, after_seq, connection.caller, request_id=request_id))
