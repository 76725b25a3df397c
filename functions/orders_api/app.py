"""The HTTP API: place, read and cancel orders; health and metrics; the dashboard."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.typing import LambdaContext
from pages import asset, content_security_policy, etag, index_page
from settings import OrdersApiSettings
from sign_in import sign_in_addresses, sign_in_configuration

from order_engine.application.errors import DependencyUnavailable, InsufficientScope, Unauthenticated
from order_engine.application.identity import TO_ADMINISTER, Caller
from order_engine.application.monitor import Health
from order_engine.application.stream_tickets import TICKET_LIFETIME
from order_engine.contracts.order_id import parse_order_id
from order_engine.contracts.place_order import parse_order
from order_engine.contracts.problems import problem
from order_engine.contracts.rate_limits import allowance_headers
from order_engine.contracts.views import accepted_view, health_view, metrics_view, one_order, ticket_view
from order_engine.entrypoints.deployed import Deployed
from order_engine.entrypoints.health import diagnose
from order_engine.entrypoints.http_api import (
    Answer,
    body_object,
    caller_of,
    http_api,
    idempotency_key,
    json_answer,
    prefers_minimal,
    problem_answer,
    request_id,
    resolve_request,
    text_answer,
)
from order_engine.entrypoints.telemetry import function_logger

logger = function_logger()
app = http_api(logger)
deployed = Deployed(OrdersApiSettings)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    return resolve_request(app, logger, deployed, event, context)


@app.post("/api/orders/execute")
@app.post("/api/orders")
def place_order() -> Answer:
    """Accept an order: 201, or 200 where the idempotency key was used for the same order before."""
    event, settings = app.current_event, deployed.settings
    command = parse_order(body_object(event)).to_command(
        caller=caller_of(app),
        default_slippage=settings.default_slippage,
        idempotency_key=idempotency_key(event),
        correlation_id=request_id(event),
    )
    placed = deployed.engine.placement.place(command)
    order = placed.order
    logger.info("accepted", extra={"order_id": order.id, "replayed": placed.replayed})
    headers = {"Location": f"/api/orders/{order.id}", **allowance_headers(placed.allowance)}
    minimal = prefers_minimal(event)
    if minimal:
        headers["Preference-Applied"] = "return=minimal"
    body = accepted_view(order, settings.websocket_url, None if minimal else _ticket(command.caller))
    if placed.replayed:
        return json_answer(HTTPStatus.OK, body, headers | {"Idempotent-Replayed": "true"})
    return json_answer(HTTPStatus.CREATED, body, headers)


@app.post("/api/stream-tickets")
def issue_ticket() -> Answer:
    """Return a ticket that opens one WebSocket connection."""
    ticket = deployed.engine.stream_tickets.issue(caller_of(app))
    return json_answer(HTTPStatus.CREATED, ticket_view(ticket, TICKET_LIFETIME))


def _ticket(caller: Caller) -> str | None:
    """Return a ticket to follow a placed order with. The order is placed, also where there can be none."""
    if not deployed.settings.auth_mode.authenticates:
        return None
    try:
        return deployed.engine.stream_tickets.issue(caller)
    except (InsufficientScope, DependencyUnavailable) as reason:
        logger.warning("no ticket", extra={"reason": str(reason)})
        return None


@app.get("/api/orders/execute")
@app.delete("/api/orders/execute")
def only_post() -> Answer:
    """Answer 405, rather than that `execute` is no order id."""
    raise NotFoundError


@app.get("/api/orders/<order_id>")
def read_order(order_id: str) -> Answer:
    """Return the order as it is now."""
    order = deployed.engine.read_order(parse_order_id(order_id), caller_of(app))
    return json_answer(HTTPStatus.OK, one_order(order))


@app.delete("/api/orders/<order_id>")
def cancel_order(order_id: str) -> Answer:
    """Cancel the order, unless it is too late."""
    order = deployed.engine.cancel_order(parse_order_id(order_id), caller_of(app))
    return json_answer(HTTPStatus.OK, one_order(order))


@app.get("/api/metrics")
def metrics() -> Answer:
    """Return how much there is to do, and how many orders ended how."""
    return json_answer(HTTPStatus.OK, metrics_view(deployed.engine.read_metrics(caller_of(app))))


@app.get("/health")
def health() -> Answer:
    """Answer that this function runs and its settings make sense; with `deep=1`, also how its dependencies are.

    The route is open, so nobody is known here: where that matters, the deep form has a route of its own.
    """
    deep = app.current_event.query_string_parameters.get("deep") == "1"
    if deep and deployed.authenticates:
        raise Unauthenticated("This needs an access token with the scope orders/admin, at /health/deep.")
    return _health(deep=deep)


@app.get("/health/deep")
def deep_health() -> Answer:
    """Answer how this function and its dependencies are."""
    caller_of(app).require(*TO_ADMINISTER)
    return _health(deep=True)


def _health(*, deep: bool) -> Answer:
    diagnosis = diagnose(deployed, deep=deep)
    if diagnosis.problems:
        logger.error("invalid settings", extra={"problems": diagnosis.problems})
    status = HTTPStatus.SERVICE_UNAVAILABLE if diagnosis.health is Health.UNHEALTHY else HTTPStatus.OK
    return json_answer(status, health_view(diagnosis))


@app.get("/")
def dashboard() -> Answer:
    """Return the dashboard."""
    settings = deployed.settings
    policy = content_security_policy(settings.websocket_url, *sign_in_addresses(settings))
    headers = {"Content-Security-Policy": policy}
    page = index_page(settings.dashboard_folder, settings.websocket_url, sign_in_configuration(settings))
    return _file("text/html; charset=utf-8", page, headers)


@app.get("/assets/sign-in.json")
def sign_in() -> Answer:
    """Return how to sign in."""
    headers = {"Cache-Control": "no-store"}
    return text_answer(HTTPStatus.OK, "application/json", sign_in_configuration(deployed.settings), headers)


@app.get("/assets/<name>")
def dashboard_file(name: str) -> Answer:
    """Return one of the dashboard's files."""
    if (found := asset(deployed.settings.dashboard_folder, name)) is None:
        return problem_answer(problem("not_found", "There is no such file."))
    return _file(*found, {})


def _file(content_type: str, text: str, headers: dict[str, str]) -> Answer:
    """Return a file, or 304 where the browser has it: every use asks, so that an update is seen at once."""
    headers |= {"Cache-Control": "no-cache", "ETag": etag(text)}
    if app.current_event.headers.get("if-none-match") == headers["ETag"]:
        return text_answer(HTTPStatus.NOT_MODIFIED, content_type, "", headers)
    return text_answer(HTTPStatus.OK, content_type, text, headers)
