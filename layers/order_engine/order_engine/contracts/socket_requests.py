"""What a WebSocket connection and its frames ask for, as requests to a session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from order_engine.application.identity import Caller
from order_engine.application.ports import Subscription
from order_engine.application.socket_session import (
    CancelRequest,
    Connection,
    GetRequest,
    PingRequest,
    PlaceRequest,
    Request,
    SubscribeRequest,
    UnreadableFrame,
    UnsubscribeRequest,
)
from order_engine.contracts.client_frames import ConnectQuery, OneOrderFrame, PingFrame, SubscribeFrame
from order_engine.contracts.fields import parse_fields
from order_engine.contracts.json_body import parse_object
from order_engine.contracts.place_order import parse_order
from order_engine.contracts.problems import UnknownAction


def first_subscription(query: Mapping[str, str], connection: Connection) -> Subscription | None:
    """Return the subscription that a new connection asks for in its query; None where it asks for none.

    Raises:
        InvalidOrder: with an error for each parameter that is not right.
    """
    asked = parse_fields(ConnectQuery, query)
    target = asked.target(connection.caller)
    if target is None:
        return None
    return Subscription(target, connection.id, asked.known_seq, connection.caller)


@dataclass(frozen=True, slots=True)
class FrameContext:
    """What a frame is read with: whose it is, and the defaults of the deployment.

    Args:
        caller: who sends the frame.
        correlation_id: of the frame; an order that it places keeps it.
        default_slippage: of an order that names none; a fraction as text.
    """

    caller: Caller
    correlation_id: str
    default_slippage: str


def read_frame(body: str, context: FrameContext) -> Request:
    """Return what a frame asks for; an `UnreadableFrame`, which carries the error, where it can't be understood."""
    fields: dict[str, Any] = {}
    try:
        fields = parse_object(body)
        read = ACTIONS.get(str(fields.get("action")), _unknown)
        return read(fields, context, _request_id(fields))
    except Exception as error:
        return UnreadableFrame(error, request_id=_request_id(fields))


def _request_id(fields: Mapping[str, Any]) -> str | None:
    """Return the client's own id for the frame, also where the frame is wrong otherwise."""
    request_id = fields.get("requestId")
    return request_id[:128] if isinstance(request_id, str) else None


def _subscribe(fields: dict[str, Any], context: FrameContext, request_id: str | None) -> Request:
    frame = parse_fields(SubscribeFrame, fields)
    return SubscribeRequest(_named_target(frame, context), frame.known_seq, request_id=request_id)


def _unsubscribe(fields: dict[str, Any], context: FrameContext, request_id: str | None) -> Request:
    return UnsubscribeRequest(_named_target(parse_fields(SubscribeFrame, fields), context), request_id=request_id)


def _named_target(frame: SubscribeFrame, context: FrameContext) -> str:
    target = frame.target(context.caller)
    assert target is not None  # noqa: S101 - the frame's validator has seen to it
    return target


def _execute_order(fields: dict[str, Any], context: FrameContext, request_id: str | None) -> Request:
    order = parse_order({name: value for name, value in fields.items() if name not in ("action", "requestId")})
    command = order.to_command(context.caller, context.default_slippage, correlation_id=context.correlation_id)
    return PlaceRequest(command, request_id=request_id)


def _get_order(fields: dict[str, Any], _context: FrameContext, request_id: str | None) -> Request:
    return GetRequest(parse_fields(OneOrderFrame, fields).order_id, request_id=request_id)


def _cancel_order(fields: dict[str, Any], _context: FrameContext, request_id: str | None) -> Request:
    return CancelRequest(parse_fields(OneOrderFrame, fields).order_id, request_id=request_id)


def _ping(fields: dict[str, Any], _context: FrameContext, request_id: str | None) -> Request:
    parse_fields(PingFrame, fields)
    return PingRequest(request_id=request_id)


def _unknown(_fields: dict[str, Any], _context: FrameContext, request_id: str | None) -> Request:
    return UnreadableFrame(UnknownAction(list(ACTIONS)), request_id=request_id)


ACTIONS: dict[str, Callable[[dict[str, Any], FrameContext, str | None], Request]] = {
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "execute_order": _execute_order,
    "get_order": _get_order,
    "cancel_order": _cancel_order,
    "ping": _ping,
}
"""Every action that a frame may name."""
