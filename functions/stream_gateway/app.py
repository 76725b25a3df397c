"""The WebSocket API: connections, and what clients send on them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from settings import StreamGatewaySettings

from order_engine.application.errors import ForeignUserId, InsufficientScope, Unauthenticated
from order_engine.application.identity import Caller
from order_engine.application.socket_session import Connection
from order_engine.contracts.problems import STATUS_BY_CODE
from order_engine.contracts.socket_requests import FrameContext, first_subscription, read_frame
from order_engine.domain.errors import InvalidOrder, OrderEngineError
from order_engine.entrypoints.deployed import Deployed
from order_engine.entrypoints.telemetry import function_logger

logger = function_logger()
deployed = Deployed(StreamGatewaySettings)


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Handle a connection's beginning, its end, or a frame."""
    context = event["requestContext"]
    kind = context["eventType"]  # not the route: a frame's `action` chooses that, and may say "$disconnect"
    logger.info("websocket", extra={"kind": kind, "connection_id": context["connectionId"]})
    if kind == "CONNECT":
        return {"statusCode": _connect(event)}
    if kind == "DISCONNECT":
        deployed.engine.connections.disconnect(context["connectionId"])
    else:
        _handle_frame(event)
    return {"statusCode": HTTPStatus.OK}


def _connect(event: dict[str, Any]) -> HTTPStatus:
    try:
        connection = _connection(event, deployed.connected_caller(event))
        first = first_subscription(event.get("queryStringParameters") or {}, connection)
        deployed.engine.connections.connect(connection, first)
    except (InvalidOrder, Unauthenticated, InsufficientScope, ForeignUserId) as refusal:
        logger.warning("connection refused", extra={"reason": str(refusal)})
        return HTTPStatus.BAD_REQUEST if isinstance(refusal, InvalidOrder) else STATUS_BY_CODE[refusal.code]
    return HTTPStatus.OK


def _handle_frame(event: dict[str, Any]) -> None:
    connection, sessions = _connection(event, deployed.frame_sender(event)), deployed.engine.sessions
    context = FrameContext(connection.caller, event["requestContext"]["requestId"], deployed.settings.default_slippage)
    handled = sessions.handle(connection, read_frame(event.get("body") or "", context))
    if handled.failure is not None and not isinstance(handled.failure, OrderEngineError):
        logger.error("The frame failed.", exc_info=handled.failure)
    if handled.undelivered is not None:
        logger.warning("no answer possible", extra={"reason": str(handled.undelivered)})


def _connection(event: dict[str, Any], caller: Caller) -> Connection:
    return Connection(event["requestContext"]["connectionId"], caller)
