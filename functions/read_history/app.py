"""Reads the history in Postgres: lists of orders, and one order with its failed attempts."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from order_engine import bootstrap
from order_engine.application.watch_engine import HISTORY_PROBE
from order_engine.contracts.http import Answer, caller, http_api, json_answer, resolve
from order_engine.contracts.order_id import read_order_id
from order_engine.contracts.order_list import list_orders
from order_engine.contracts.views import page_view, trail_view
from order_engine.domain.errors import NotTheOwner

logger = Logger()
app = http_api(logger)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request, or the question whether Postgres is there."""
    if event == HISTORY_PROBE:
        bootstrap.database().check()
        return {}
    return resolve(app, logger, event, context)


@app.get("/api/orders")
def listed() -> Answer:
    """Return a page of orders, newest first."""
    event = app.current_event
    query = list_orders(event.query_string_parameters)
    page = bootstrap.history_reader().list_orders(query.to_filter(caller(event)), query.limit, query.position())
    return json_answer(HTTPStatus.OK, page_view(page))


@app.get("/api/orders/<order_id>/history")
def history(order_id: str) -> Answer:
    """Return one order with its events and failed attempts."""
    user = caller(app.current_event)
    trail = bootstrap.history_reader().trail(read_order_id(order_id))
    if user not in (None, trail.order.user_id):
        raise NotTheOwner(order_id)
    return json_answer(HTTPStatus.OK, trail_view(trail))
