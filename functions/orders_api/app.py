"""The HTTP API: place, read and cancel orders; health; the dashboard."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext
from pages import asset, content_security_policy, index_page
from request import body_object, caller, idempotency_key, request_id

from order_engine import bootstrap
from order_engine.application.cancel_order import cancel_order
from order_engine.application.read_order import read_order
from order_engine.contracts.order_id import read_order_id
from order_engine.contracts.orders import place_order
from order_engine.contracts.problems import CONTENT_TYPE, Problem, problem, problem_of
from order_engine.contracts.views import accepted_view, order_view
from order_engine.domain.events import iso

logger = Logger()
app = APIGatewayHttpResolver()

Headers = dict[str, str]


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request. Whatever happens, the answer is well formed and carries the request's id."""
    return app.resolve(event, context)


@app.post("/api/orders/execute")
@app.post("/api/orders")
def place() -> Response[str]:
    """Accept an order: 201, or 200 where the idempotency key was used for the same order before."""
    event = app.current_event
    command = place_order(body_object(event)).to_command(
        default_slippage=bootstrap.default_slippage(),
        user_id=caller(event),
        idempotency_key=idempotency_key(event),
        correlation_id=request_id(event),
    )
    accepted = bootstrap.order_desk().submit(command)
    order = accepted.order
    logger.append_keys(order_id=order.id)
    headers = {"Location": f"/api/orders/{order.id}"}
    body = accepted_view(order, bootstrap.environment().text("WEBSOCKET_URL"))
    if accepted.replayed:
        return _json(HTTPStatus.OK, body, headers | {"Idempotent-Replayed": "true"})
    return _json(HTTPStatus.CREATED, body, headers)


@app.get("/api/orders/<order_id>")
def read(order_id: str) -> Response[str]:
    """Return the order as it is now."""
    order = read_order(bootstrap.orders(), read_order_id(order_id), caller(app.current_event))
    return _json(HTTPStatus.OK, {"success": True, "order": order_view(order)})


@app.delete("/api/orders/<order_id>")
def cancel(order_id: str) -> Response[str]:
    """Cancel the order, unless it is too late."""
    order = cancel_order(bootstrap.orders(), bootstrap.clock(), read_order_id(order_id), caller(app.current_event))
    return _json(HTTPStatus.OK, {"success": True, "order": order_view(order)})


@app.get("/health")
def health() -> Response[str]:
    """Say that this function runs."""
    return _json(HTTPStatus.OK, {"status": "healthy", "timestamp": iso(bootstrap.clock().now())})


@app.get("/")
def dashboard() -> Response[str]:
    """Return the dashboard."""
    websocket_url = bootstrap.environment().text("WEBSOCKET_URL")
    headers = {"Content-Security-Policy": content_security_policy(websocket_url), "Cache-Control": "no-cache"}
    return _response(HTTPStatus.OK, "text/html; charset=utf-8", index_page(websocket_url), headers)


@app.get("/assets/<name>")
def dashboard_file(name: str) -> Response[str]:
    """Return one of the dashboard's files."""
    if (found := asset(name)) is None:
        return _problem(problem(HTTPStatus.NOT_FOUND, "not_found", "There is no such file."))
    return _response(HTTPStatus.OK, found[0], found[1], {"Cache-Control": "no-cache"})


@app.not_found
def no_such_route(_: Exception) -> Response[str]:
    """Answer what the API does not have."""
    return _problem(
        problem(HTTPStatus.NOT_FOUND, "route_not_found", "There is no such route; see the API's description.")
    )


@app.exception_handler(Exception)
def failure(error: Exception) -> Response[str]:
    """Answer every error with a problem detail; only those that are ours to mend go to the log with a trace."""
    answer = problem_of(error)
    if answer["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.exception("The request failed.")
    return _problem(answer)


def _problem(body: Problem) -> Response[str]:
    status = HTTPStatus(body["status"])
    return _response(status, CONTENT_TYPE, json.dumps(body, separators=(",", ":")), {})


def _json(status: HTTPStatus, body: Any, headers: Headers | None = None) -> Response[str]:
    return _response(status, "application/json", json.dumps(body, separators=(",", ":")), headers or {})


def _response(status: HTTPStatus, content_type: str, body: str, headers: Headers) -> Response[str]:
    event = app.current_event
    correlation_id = request_id(event)
    logger.info(
        "answered",
        extra={"method": event.http_method, "path": event.path, "status": status, "correlation_id": correlation_id},
    )
    always = {"X-Request-Id": correlation_id, "X-Content-Type-Options": "nosniff"}
    return Response(status, content_type, body, headers={"Cache-Control": "no-store"} | headers | always)
