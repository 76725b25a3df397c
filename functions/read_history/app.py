"""Reads the history in Postgres: lists of orders, and one order with its failed attempts."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from settings import ReadHistorySettings

from order_engine.application.ports.dependencies import HISTORY_PROBE
from order_engine.contracts.order_id import parse_order_id
from order_engine.contracts.order_list import parse_list_query
from order_engine.contracts.views import page_view, trail_view
from order_engine.entrypoints.deployed import Deployed
from order_engine.entrypoints.http_api import Answer, caller_of, http_api, json_answer, resolve_request
from order_engine.entrypoints.telemetry import function_logger

logger = function_logger()
app = http_api(logger)
deployed = Deployed(ReadHistorySettings)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request, or the health check of Postgres."""
    if event == HISTORY_PROBE:
        deployed.engine.check_history()
        return {}
    return resolve_request(app, logger, deployed, event, context)


@app.get("/api/orders")
def list_orders() -> Answer:
    """Return a page of orders, newest first."""
    query = parse_list_query(app.current_event.query_string_parameters)
    page = deployed.engine.list_orders(query.to_filter(), query.limit, query.position(), caller_of(app))
    return json_answer(HTTPStatus.OK, page_view(page))


@app.get("/api/orders/<order_id>/history")
def read_trail(order_id: str) -> Answer:
    """Return one order with its events and failed attempts."""
    trail = deployed.engine.read_trail(parse_order_id(order_id), caller_of(app))
    return json_answer(HTTPStatus.OK, trail_view(trail))
