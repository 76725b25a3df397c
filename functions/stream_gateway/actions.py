"""What a client can ask for on a WebSocket, one function for each action."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from aws_lambda_powertools import Logger

from order_engine import bootstrap
from order_engine.application.cancel_order import cancel_order
from order_engine.application.messages import Message, error
from order_engine.application.ports import Subscription
from order_engine.application.read_order import read_order
from order_engine.application.targets import describe, order_target
from order_engine.contracts.fields import read
from order_engine.contracts.json_body import MalformedJson, read_object
from order_engine.contracts.orders import place_order
from order_engine.contracts.problems import problem_of
from order_engine.contracts.views import accepted_view, order_view
from order_engine.contracts.websocket import OneOrder, Ping, Subscribe
from order_engine.domain.errors import OrderEngineError
from order_engine.domain.events import iso

logger = Logger(child=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """One frame, and who sent it."""

    fields: dict[str, Any]
    connection_id: str
    user: str | None
    correlation_id: str


def answers_to(body: str, connection_id: str, user: str | None, correlation_id: str) -> Iterator[Message]:
    """Do what a frame asks for and yield the messages to send back. No frame is left without an answer.

    An answer is to be sent before the next is asked for: `accepted` comes before the order's first event.
    """
    fields: dict[str, Any] = {}
    try:
        fields = read_object(body)
        action = ACTIONS.get(str(fields.get("action")), _unknown_action)
        for answer in action(Asked(fields, connection_id, user, correlation_id)):
            yield _echoing(fields, answer)
    except Exception as failure:
        yield _echoing(fields, _error_of(failure))


def _echoing(fields: dict[str, Any], answer: Message) -> Message:
    """Repeat the client's own id for the frame in an answer to it."""
    request_id = fields.get("requestId")
    return {**answer, "requestId": request_id[:128]} if isinstance(request_id, str) else answer


def _error_of(failure: Exception) -> Message:
    if not isinstance(failure, OrderEngineError | MalformedJson):
        logger.exception("The frame failed.")
    told = problem_of(failure)
    message = error(told["code"], told["detail"])
    return {**message, "errors": told["errors"]} if "errors" in told else message


def _unknown_action(_asked: Asked) -> Iterable[Message]:
    yield error("unknown_action", f"`action` must be one of {', '.join(ACTIONS)}.")


def _ping(asked: Asked) -> Iterable[Message]:
    read(Ping, asked.fields)
    yield {"type": "pong", "timestamp": iso(bootstrap.clock().now())}


def _subscribe(asked: Asked) -> Iterable[Message]:
    """The row's stream record has `push_updates` answer: `subscribed`, and what happened so far."""
    frame = read(Subscribe, asked.fields)
    subscription = frame.subscription(asked.connection_id, asked.user)
    if subscription is not None:
        bootstrap.subscriptions().add(replace(subscription, request_id=frame.request_id))
    return ()


def _unsubscribe(asked: Asked) -> Iterable[Message]:
    subscription = read(Subscribe, asked.fields).subscription(asked.connection_id, asked.user)
    if subscription is not None:
        bootstrap.subscriptions().remove(subscription.target, asked.connection_id)
        yield {"type": "unsubscribed", **describe(subscription.target)}


def _execute_order(asked: Asked) -> Iterable[Message]:
    """Accept an order and have this connection hear of it, from its first event on."""
    wish = {name: value for name, value in asked.fields.items() if name not in ("action", "requestId")}
    command = place_order(wish).to_command(
        bootstrap.default_slippage(), asked.user, correlation_id=asked.correlation_id
    )
    accepted = bootstrap.order_desk().submit(command)
    order = accepted.order
    view = accepted_view(order, bootstrap.environment().text("WEBSOCKET_URL"))
    yield {"type": "accepted", **view, "replayed": accepted.replayed}
    bootstrap.subscriptions().add(Subscription(order_target(order.id), asked.connection_id, 0, asked.user))


def _get_order(asked: Asked) -> Iterable[Message]:
    order = read_order(bootstrap.orders(), read(OneOrder, asked.fields).order_id, asked.user)
    yield {"type": "order", "order": order_view(order)}


def _cancel_order(asked: Asked) -> Iterable[Message]:
    order_id = read(OneOrder, asked.fields).order_id
    order = cancel_order(bootstrap.orders(), bootstrap.clock(), order_id, asked.user)
    yield {"type": "order", "order": order_view(order)}


ACTIONS: dict[str, Callable[[Asked], Iterable[Message]]] = {
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "execute_order": _execute_order,
    "get_order": _get_order,
    "cancel_order": _cancel_order,
    "ping": _ping,
}
