"""The WebSocket API: connections, and what clients say on them."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from actions import answers_to
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from order_engine import bootstrap
from order_engine.contracts.fields import read
from order_engine.contracts.websocket import ConnectQuery
from order_engine.domain.errors import ClientUnreachable, InvalidOrder

logger = Logger()


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Handle a connection's beginning, its end, or a frame."""
    context = event["requestContext"]
    kind = context["eventType"]  # not the route: a frame's `action` chooses that, and may say "$disconnect"
    logger.info("websocket", extra={"kind": kind, "connection_id": context["connectionId"]})
    if kind == "CONNECT":
        return {"statusCode": _connect(event)}
    if kind == "DISCONNECT":
        bootstrap.subscriptions().disconnect(context["connectionId"])
    else:
        _frame(event)
    return {"statusCode": HTTPStatus.OK}


def _connect(event: dict[str, Any]) -> HTTPStatus:
    """Note the connection. The first subscription's row makes `push_updates` send what happened before."""
    connection_id = event["requestContext"]["connectionId"]
    user = authenticated(event)
    try:
        query = read(ConnectQuery, event.get("queryStringParameters") or {})
    except InvalidOrder as error:
        logger.warning("connection refused", extra={"reason": str(error)})
        return HTTPStatus.BAD_REQUEST
    first = query.subscription(connection_id, user)
    if first is not None:
        first = replace(first, connected_at=bootstrap.clock().now())
    bootstrap.subscriptions().connect(connection_id, user, first)
    return HTTPStatus.OK


def _frame(event: dict[str, Any]) -> None:
    """Answer a frame; whoever left meanwhile needs no answer."""
    context = event["requestContext"]
    connection_id = context["connectionId"]
    for message in answers_to(event.get("body") or "", connection_id, authenticated(event), context["requestId"]):
        try:
            bootstrap.clients().post(connection_id, message)
        except ClientUnreachable as error:
            logger.warning("no answer possible", extra={"reason": str(error)})


def authenticated(event: dict[str, Any]) -> str | None:
    """Return the authenticated user; None where authentication is off."""
    user: str | None = (event["requestContext"].get("authorizer") or {}).get("userId")
    return user
