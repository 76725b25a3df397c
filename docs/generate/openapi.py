"""`docs/openapi.json`: the HTTP API in OpenAPI 3.1."""

from __future__ import annotations

from docs.generate.operation import Operation
from docs.generate.operations import OPERATIONS
from docs.generate.responses import HEADERS, GatewayMessage, responses
from docs.generate.schemas import Schema, reference, schemas
from docs.generate.security import SCHEMES, security
from docs.generate.sent import sent_schemas
from docs.generate.sharing import with_shared_examples
from order_engine.contracts.answers import Problem
from order_engine.contracts.place_order import PlaceOrderBody

_SENT = [answer.body for operation in OPERATIONS for answer in operation.answers if answer.body]
ABOUT = """\
Place swap orders, read, list and cancel them, and look at the engine itself.

- Amounts are decimals as text, exact to the last digit; where a request takes a JSON number, it is read exactly too.
- Every error is a problem detail (RFC 9457) with a stable `code`. Any other path gives 404 `route_not_found`, any other
  method 405 `method_not_allowed` with `Allow`. Where API Gateway itself answers (401, 403, 413, 429, 500, 503), there
  is only a `message`.
- With authentication on, everything but the page, its files and `/health` needs an access token, and an order of
  another user is answered like one that there is not: 404. Administrators (`orders/admin`) can read everybody's orders,
  and change none but their own.
- Every answer of ours has an `X-Request-Id`: yours, if you sent one, or a new one. The id of the request that placed
  an order is in the order, its events, the messages and the logs as `correlationId`.
- Answers may get further fields in time; ignore what you don't know.

The live stream of all events is described in `asyncapi.yaml`.
"""
_SERVERS = [
    {"url": "http://localhost:3000", "description": "The local cloud."},
    {
        "url": "https://{api}.execute-api.{region}.amazonaws.com",
        "description": "A deployment; its outputs name the address.",
        "variables": {"api": {"default": "abcdefghij"}, "region": {"default": "us-east-1"}},
    },
]
_TAGS = [
    {"name": "orders", "description": "Placing orders, and what becomes of them."},
    {"name": "history", "description": "From Postgres, at most moments behind."},
    {"name": "engine", "description": "How the engine is."},
    {"name": "dashboard", "description": "The page and its files."},
]
_REQUEST_ID = {
    "name": "X-Request-Id",
    "in": "header",
    "description": "An id of your own for this request, 1 to 128 printable ASCII characters; anything else is ignored.",
    "schema": {"type": "string"},
}


def openapi(version: str) -> Schema:
    """Return the document."""
    paths: dict[str, Schema] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return with_shared_examples(
        {
            "openapi": "3.1.1",
            "info": {
                "title": "Order engine",
                "version": version,
                "summary": "Swap orders, routed to the better of two venues.",
                "description": ABOUT,
                "license": {"name": "MIT", "identifier": "MIT"},
            },
            "servers": _SERVERS,
            "tags": _TAGS,
            "paths": paths,
            "components": {
                "schemas": {**sent_schemas([*_SENT, Problem, GatewayMessage]), **schemas([PlaceOrderBody])},
                "headers": HEADERS,
                "securitySchemes": SCHEMES,
            },
        }
    )


def _described(operation: Operation) -> Schema:
    described: Schema = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": [*operation.parameters, _REQUEST_ID],
        "security": security(operation.method, operation.path),
        "responses": responses(operation),
    }
    if operation.body:
        bodies = {name: {"value": value} for name, value in operation.body.items()}
        body = {"schema": reference(PlaceOrderBody), "examples": bodies}
        described["requestBody"] = {"required": True, "content": {"application/json": body}}
    return described
