"""What the functions do around their use case: the same as functions/*/app.py, without AWS's events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from pydantic import ValidationError

from order_engine.application.cancel_order import cancel_order
from order_engine.application.execute_order import LookAgain
from order_engine.application.messages import Message as Frame
from order_engine.application.messages import error
from order_engine.application.ports import Subscription
from order_engine.application.read_order import read_order
from order_engine.application.record_history import record_history
from order_engine.application.submit_order import OrderAccepted, SubmitOrder
from order_engine.application.sweep_orders import sweep_orders
from order_engine.application.targets import describe, order_target
from order_engine.contracts.queue import WakeUp
from order_engine.domain.errors import ClientUnreachable, DependencyUnavailable, OrderEngineError, OrderNotFound
from order_engine.domain.order import Order
from order_engine.fakes.queue import Message
from tests.simulation.limits import LONGEST_PAUSE
from tests.simulation.ports import Ports


def place(ports: Ports, command: SubmitOrder) -> OrderAccepted:
    """orders_api, POST."""
    return ports.desk.submit(command)


def read(ports: Ports, order_id: str, caller: str) -> Order:
    """orders_api, GET."""
    return read_order(ports.orders, order_id, caller)


def cancel(ports: Ports, order_id: str, caller: str) -> Order:
    """orders_api, DELETE."""
    return cancel_order(ports.orders, ports.clock, order_id, caller)


def process_orders(ports: Ports, messages: Sequence[Message]) -> list[Message]:
    """Execute the orders of a batch at once; return the messages that must come again."""
    outcomes = ports.executor.run(Worker(ports).finishes, messages)
    return [message for message, finished in zip(messages, outcomes, strict=True) if finished is not True]


@dataclass(frozen=True, slots=True)
class Worker:
    """Processes the messages of one invocation."""

    ports: Ports

    def finishes(self, message: Message) -> bool:
        """Execute one order; return whether its message is done with."""
        try:
            order_id = str(WakeUp.model_validate_json(message.body).order_id)
            self.ports.survive(order_id)
            result = self.ports.execution.execute(order_id, self.ports.deadline)
        except (ValidationError, OrderNotFound):
            self._give_back(message, 0)
            return False
        except Exception as failure:
            self.ports.world.expect(failure)
            self._give_back(message, min(2**message.receive_count, LONGEST_PAUSE))
            return False
        if isinstance(result, LookAgain):
            self._give_back(message, result.after)
            return False
        return True

    def _give_back(self, message: Message, after: float) -> None:
        with suppress(DependencyUnavailable):
            self.ports.queue.give_back(message.receipt, float(-int(-after // 1)))


def sweep(ports: Ports) -> None:
    """sweep_orders."""
    sweep_orders(ports.orders, ports.queue, ports.clock, ports.deadline)


def close_dead_letters(ports: Ports) -> None:
    """close_dead_letters."""
    letters = list(ports.dead_letters.read())
    for letter in letters:
        try:
            with suppress(ValidationError):
                ports.closing.close(str(WakeUp.model_validate_json(letter.body).order_id))
        except OrderEngineError as failure:
            ports.world.expect(failure)
    for letter in letters:
        with suppress(DependencyUnavailable):
            ports.dead_letters.put_back(letter)


def push_events(ports: Ports, images: Sequence[Order]) -> None:
    """push_updates, on the order stream."""
    ports.pusher.push_events(images)


def welcome(ports: Ports, newcomers: Sequence[Subscription]) -> None:
    """push_updates, on the connections stream."""
    ports.pusher.welcome(newcomers)


def write_history(ports: Ports, images: Sequence[Order]) -> None:
    """write_history."""
    record_history(ports.history, ports.counts, images)


def connect(ports: Ports, connection_id: str, user: str, first: Subscription | None) -> None:
    """stream_gateway, $connect."""
    if first is not None:
        first = replace(first, connected_at=ports.clock.now())
    ports.subscriptions.connect(connection_id, user, first)


def disconnect(ports: Ports, connection_id: str) -> None:
    """stream_gateway, $disconnect."""
    ports.subscriptions.disconnect(connection_id)


def subscribe(ports: Ports, subscription: Subscription) -> None:
    """stream_gateway, action `subscribe`; the row's stream record has `push_updates` answer."""

    def add() -> Iterator[Frame]:
        ports.subscriptions.add(subscription)
        yield from ()

    _answer(ports, subscription.connection_id, add())


def unsubscribe(ports: Ports, target: str, connection_id: str) -> None:
    """stream_gateway, action `unsubscribe`."""

    def remove() -> Iterator[Frame]:
        ports.subscriptions.remove(target, connection_id)
        yield {"type": "unsubscribed", **describe(target)}

    _answer(ports, connection_id, remove())


def cancel_over_the_socket(ports: Ports, order_id: str, caller: str, connection_id: str) -> None:
    """stream_gateway, action `cancel_order`."""

    def cancelled() -> Iterator[Frame]:
        yield {"type": "order", "orderId": order_id, "status": cancel(ports, order_id, caller).status}

    _answer(ports, connection_id, cancelled())


def execute_order(ports: Ports, connection_id: str, command: SubmitOrder, request_id: str) -> None:
    """stream_gateway, action `execute_order`: `accepted` goes out before the first event can."""

    def accept() -> Iterator[Frame]:
        order_id = ports.desk.submit(command).order.id
        yield {"type": "accepted", "orderId": order_id, "requestId": request_id}
        ports.subscriptions.add(Subscription(order_target(order_id), connection_id, 0, command.user_id))

    _answer(ports, connection_id, accept())


def _answer(ports: Ports, connection_id: str, answers: Iterator[Frame]) -> None:
    """No frame is left without an answer; whoever left meanwhile needs none."""

    def send(answer: Frame) -> None:
        with suppress(ClientUnreachable):
            ports.clients.post(connection_id, answer)

    try:
        for answer in answers:
            send(answer)
    except OrderEngineError as failure:
        send(error(failure.code, str(failure)))
