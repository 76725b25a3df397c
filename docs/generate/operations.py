"""Every operation of the HTTP API: what it is asked with, what it answers, and what can go wrong."""

from __future__ import annotations

from docs.generate import errors, examples
from docs.generate.operation import Answer, Operation
from docs.generate.schemas import QuerySchemas, Schema, schemas
from order_engine.application.monitor import Health
from order_engine.contracts.answers import (
    HealthReport,
    MetricsView,
    OneOrder,
    OrderAccepted,
    OrderPage,
    OrderTrailView,
    Problem,
    SignIn,
    TicketIssued,
)
from order_engine.contracts.order_list import ListQuery
from order_engine.contracts.views import one_order

_LIVES = examples.lives()
_ORDER_ID: Schema = {
    "name": "orderId",
    "in": "path",
    "required": True,
    "description": "As answered when the order was placed.",
    "schema": {"type": "string", "format": "uuid"},
    "examples": {"anOrder": {"value": _LIVES.confirmed.id}},
}
_FILE: Schema = {
    "name": "file",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "examples": {"script": {"value": "app.js"}},
}
_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Makes it safe to ask again: for the same user, the same key with the same order gives the same"
    " answer, for as long as the order is kept. `clientOrderId` in the body does the same.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": r"^[\x20-\x7E]+$"},
}
_PREFER: Schema = {
    "name": "Prefer",
    "in": "header",
    "description": "`return=minimal` (RFC 7240): `websocketUrl` carries no ticket, which saves a write for clients that"
    " follow their orders over a connection of their own.",
    "schema": {"type": "string"},
}
_DEEP: Schema = {
    "name": "deep",
    "in": "query",
    "description": "`1`: check each dependency too. Anything else: only the function and its settings.",
    "schema": {"type": "string"},
    "examples": {"deep": {"value": "1"}},
}
_ANY = (errors.UNAVAILABLE, errors.BUG)
_ONE_ORDER = (errors.INVALID_ORDER_ID, errors.unknown_order(_LIVES.confirmed.id), errors.UNKNOWN_PATH, *_ANY)
_PLACING = (
    *errors.UNREADABLE_BODY,
    errors.INVALID_ORDER,
    errors.FOREIGN_USER,
    errors.conflict(_LIVES.confirmed.id),
    errors.RATE_LIMITED,
    *_ANY,
)
_WELL = Answer(
    200,
    "Orders can be accepted and executed.",
    HealthReport,
    {
        "healthy": examples.health(Health.HEALTHY),
        "degraded": examples.health(Health.DEGRADED, orders=Health.HEALTHY, history=Health.UNHEALTHY),
    },
)
_UNHEALTHY = {"unhealthy": examples.health(Health.UNHEALTHY, orders=Health.UNHEALTHY, history=Health.HEALTHY)}
_NOT_NOW = "Orders can't be accepted or executed now, or the gateway itself fails."
_ACCEPTED_HEADERS = {
    "Location": "Location",
    "Preference-Applied": "PreferenceApplied",
    "RateLimit": "RateLimit",
    "RateLimit-Policy": "RateLimitPolicy",
}
_THE_ORDER = {"parameters": {"orderId": "$response.body#/orderId"}}
_LINKS = {name: {"operationId": name, **_THE_ORDER} for name in ("getOrder", "cancelOrder", "getOrderHistory")}


def _query_parameters() -> tuple[Schema, ...]:
    described = schemas([ListQuery], QuerySchemas)[ListQuery.__name__]["properties"]
    return tuple(
        {
            "name": name,
            "in": "query",
            "description": schema.get("description", ""),
            "schema": {key: value for key, value in schema.items() if key != "description"},
        }
        for name, schema in described.items()
    )


def _placing(path: str, operation_id: str, description: str) -> Operation:
    return Operation(
        "POST",
        path,
        operation_id,
        "orders",
        "Place an order",
        description,
        answers=(
            Answer(
                201,
                "Accepted.",
                OrderAccepted,
                {"accepted": examples.accepted(_LIVES.accepted)},
                headers=_ACCEPTED_HEADERS,
                links=_LINKS,
            ),
            Answer(
                200,
                "Accepted before, by its key.",
                OrderAccepted,
                {"replayed": examples.accepted(_LIVES.confirmed)},
                headers=_ACCEPTED_HEADERS | {"Idempotent-Replayed": "IdempotentReplayed"},
                links=_LINKS,
            ),
        ),
        problems=_PLACING,
        parameters=(_KEY, _PREFER),
        body={"order": examples.BODY, "otherNames": examples.OTHER_NAMES},
    )


def _files(
    path: str, operation_id: str, summary: str, types: tuple[str, ...], problems: tuple[Problem, ...] = ()
) -> Operation:
    tag = {"ETag": "ETag"}
    return Operation(
        "GET",
        path,
        operation_id,
        "dashboard",
        summary,
        "Needs nothing but this API.",
        answers=(
            Answer(200, "The file.", content_types=types, headers=tag),
            Answer(304, "Not modified, by `If-None-Match`.", content_types=(), headers=tag),
        ),
        problems=(*problems, errors.BUG),
        parameters=(_FILE,) if "{file}" in path else (),
    )


OPERATIONS = (
    _placing("/api/orders/execute", "executeOrder", "Once it has been accepted, the order will come to an end."),
    _placing("/api/orders", "placeOrder", "The same as `POST /api/orders/execute`."),
    Operation(
        "GET",
        "/api/orders",
        "listOrders",
        "history",
        "List orders, newest first",
        "To go on, ask for the same with `cursor` set to `nextCursor`. No order is listed twice or left out, whatever"
        " is placed meanwhile. They are your own; an administrator gets everybody's.",
        answers=(Answer(200, "A page of orders.", OrderPage, {"page": examples.page()}),),
        problems=(errors.INVALID_QUERY, errors.FOREIGN_USER, *_ANY),
        parameters=_query_parameters(),
    ),
    Operation(
        "GET",
        "/api/orders/{orderId}",
        "getOrder",
        "orders",
        "Read an order",
        "As it is at this very moment.",
        answers=(
            Answer(
                200,
                "The order.",
                OneOrder,
                {
                    "confirmed": one_order(_LIVES.confirmed),
                    "failed": one_order(_LIVES.failed),
                    "cancelled": one_order(_LIVES.cancelled),
                },
            ),
        ),
        problems=_ONE_ORDER,
        parameters=(_ORDER_ID,),
    ),
    Operation(
        "DELETE",
        "/api/orders/{orderId}",
        "cancelOrder",
        "orders",
        "Cancel an order",
        "Possible while the order is pending or routing. One that is cancelled already stays as it is.",
        answers=(Answer(200, "The order, cancelled.", OneOrder, {"cancelled": one_order(_LIVES.cancelled)}),),
        problems=(*_ONE_ORDER, errors.too_late(_LIVES.confirmed)),
        parameters=(_ORDER_ID,),
    ),
    Operation(
        "GET",
        "/api/orders/{orderId}/history",
        "getOrderHistory",
        "history",
        "Read an order and its failed attempts",
        "From Postgres.",
        answers=(Answer(200, "The order and its failed attempts.", OrderTrailView, {"trail": examples.trail()}),),
        problems=_ONE_ORDER,
        parameters=(_ORDER_ID,),
    ),
    Operation(
        "POST",
        "/api/stream-tickets",
        "issueStreamTicket",
        "orders",
        "Get a ticket for a WebSocket connection",
        "It opens one connection within 30 seconds, as `?ticket=…`, with the identity of this request. Browsers need"
        " it, as they can send no header there; others may send their access token in the `Authorization` header of"
        " the connection instead. Where authentication is off, it is not needed.",
        answers=(Answer(201, "The ticket.", TicketIssued, {"ticket": examples.ticket()}),),
        problems=_ANY,
    ),
    Operation(
        "GET",
        "/api/metrics",
        "getMetrics",
        "engine",
        "Read the engine's figures",
        "The queue's from SQS; orders as the history last counted them.",
        answers=(Answer(200, "The figures.", MetricsView, {"figures": examples.metrics()}),),
        problems=_ANY,
    ),
    Operation(
        "GET",
        "/health",
        "getHealth",
        "engine",
        "Check the engine's health",
        "Without `deep` it only says that the function runs and its settings are right. With authentication on, the"
        " deep form is `/health/deep`, as nobody is known here.",
        answers=(
            _WELL,
            Answer(503, _NOT_NOW, HealthReport, {**_UNHEALTHY, "badSettings": examples.health_with_bad_settings()}),
        ),
        problems=(errors.DEEP_HEALTH, errors.BUG),
        parameters=(_DEEP,),
    ),
    Operation(
        "GET",
        "/health/deep",
        "getDeepHealth",
        "engine",
        "Check the health of the engine and of each dependency",
        "For administrators.",
        answers=(_WELL, Answer(503, _NOT_NOW, HealthReport, _UNHEALTHY)),
        problems=(errors.BUG,),
    ),
    _files("/", "getDashboard", "The live dashboard", ("text/html",)),
    Operation(
        "GET",
        "/assets/sign-in.json",
        "getSignIn",
        "dashboard",
        "How to sign in",
        "For clients that sign people in: by OpenID Connect, authorization code with PKCE.",
        answers=(Answer(200, "The mode, and where it is on: the issuer.", SignIn, {"signIn": examples.sign_in()}),),
        problems=(errors.BUG,),
    ),
    _files(
        "/assets/{file}",
        "getDashboardFile",
        "A file of the dashboard",
        ("text/javascript", "text/css", "image/svg+xml", "text/html", "text/plain"),
        (errors.UNKNOWN_FILE, errors.UNKNOWN_PATH),
    ),
)
