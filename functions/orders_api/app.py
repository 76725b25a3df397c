"""The HTTP API: place, read and cancel orders; health and metrics; the dashboard."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.typing import LambdaContext
from pages import asset, content_security_policy, etag, index_page

from order_engine import bootstrap
from order_engine.application.cancel_order import cancel_order
from order_engine.application.read_order import read_order
from order_engine.application.watch_engine import Health, examine, measure
from order_engine.contracts.http import (
    Answer,
    body_object,
    caller,
    http_api,
    idempotency_key,
    json_answer,
    problem_answer,
    request_id,
    resolve,
    text_answer,
)
from order_engine.contracts.order_id import read_order_id
from order_engine.contracts.orders import place_order
from order_engine.contracts.problems import problem
from order_engine.contracts.rate_limits import allowance_headers
from order_engine.contracts.views import accepted_view, health_view, metrics_view, order_view

logger = Logger()
app = http_api(logger)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    return resolve(app, logger, event, context)


@app.post("/api/orders/execute")
@app.post("/api/orders")
def place() -> Answer:
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
    logger.info("accepted", extra={"order_id": order.id, "replayed": accepted.replayed})
    headers = {"Location": f"/api/orders/{order.id}", **allowance_headers(accepted.allowance)}
    body = accepted_view(order, bootstrap.environment().text("WEBSOCKET_URL"))
    if accepted.replayed:
        return json_answer(HTTPStatus.OK, body, headers | {"Idempotent-Replayed": "true"})
    return json_answer(HTTPStatus.CREATED, body, headers)


@app.get("/api/orders/execute")
@app.delete("/api/orders/execute")
def only_to_be_posted_to() -> Answer:
    """Say so, rather than that `execute` is no order id."""
    raise NotFoundError


@app.get("/api/orders/<order_id>")
def read(order_id: str) -> Answer:
    """Return the order as it is now."""
    order = read_order(bootstrap.orders(), read_order_id(order_id), caller(app.current_event))
    return json_answer(HTTPStatus.OK, {"success": True, "order": order_view(order)})


@app.delete("/api/orders/<order_id>")
def cancel(order_id: str) -> Answer:
    """Cancel the order, unless it is too late."""
    user = caller(app.current_event)
    order = cancel_order(bootstrap.orders(), bootstrap.clock(), read_order_id(order_id), user)
    return json_answer(HTTPStatus.OK, {"success": True, "order": order_view(order)})


@app.get("/api/metrics")
def metrics() -> Answer:
    """Return how much there is to do, and how many orders ended how."""
    measured = measure(bootstrap.queue_gauge(), bootstrap.status_counts(), bootstrap.executor())
    return json_answer(HTTPStatus.OK, metrics_view(measured, bootstrap.clock().now()))


@app.get("/health")
def health() -> Answer:
    """Say that this function runs and its settings make sense; with `deep=1`, also how everything is that it needs."""
    bootstrap.check_desk_settings()
    deep = app.current_event.query_string_parameters.get("deep") == "1"
    diagnosis = examine(bootstrap.dependencies() if deep else (), bootstrap.executor())
    status = HTTPStatus.SERVICE_UNAVAILABLE if diagnosis.health is Health.UNHEALTHY else HTTPStatus.OK
    return json_answer(status, health_view(diagnosis, bootstrap.clock().now()))


@app.get("/")
def dashboard() -> Answer:
    """Return the dashboard."""
    websocket_url = bootstrap.environment().text("WEBSOCKET_URL")
    headers = {"Content-Security-Policy": content_security_policy(websocket_url)}
    return _file(
        "text/html; charset=utf-8", index_page(bootstrap.environment().text("DASHBOARD_FOLDER"), websocket_url), headers
    )


@app.get("/assets/<name>")
def dashboard_file(name: str) -> Answer:
    """Return one of the dashboard's files."""
    if (found := asset(bootstrap.environment().text("DASHBOARD_FOLDER"), name)) is None:
        return problem_answer(problem(HTTPStatus.NOT_FOUND, "not_found", "There is no such file."))
    return _file(*found, {})


def _file(content_type: str, text: str, headers: dict[str, str]) -> Answer:
    """Return a file, or only that it has not changed: every use asks, so that an update is seen at once."""
    headers |= {"Cache-Control": "no-cache", "ETag": etag(text)}
    if app.current_event.headers.get("if-none-match") == headers["ETag"]:
        return text_answer(HTTPStatus.NOT_MODIFIED, content_type, "", headers)
    return text_answer(HTTPStatus.OK, content_type, text, headers)
