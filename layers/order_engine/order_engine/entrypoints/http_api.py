"""What all HTTP functions share: the decoding of requests, and the form of every answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from aws_lambda_powertools.utilities.typing import LambdaContext

from order_engine.application.errors import InsufficientScope, RateLimited, TokenExpired, Unauthenticated
from order_engine.application.identity import Caller
from order_engine.contracts.json_body import MalformedJson, parse_object, require_json
from order_engine.contracts.problems import CONTENT_TYPE, problem, problem_of
from order_engine.contracts.rate_limits import refusal_headers
from order_engine.contracts.routes import is_open, methods_at
from order_engine.domain.errors import FieldError, InvalidOrder
from order_engine.entrypoints.deployed import Deployed

_PRINTABLE = re.compile(r"[\x20-\x7e]{1,128}")
_ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}

Event = APIGatewayProxyEventV2
Answer = Response[str]


def http_api(logger: Logger) -> APIGatewayHttpResolver:
    """Return a resolver that answers whatever goes wrong with a problem detail."""
    app = APIGatewayHttpResolver()

    @app.not_found
    def no_such_route(_: Exception) -> Answer:
        return _no_such_route(app.current_event)

    @app.exception_handler(Exception)  # type: ignore[untyped-decorator]
    def failure(error: Exception) -> Answer:
        return _refusal(logger, error)

    return app


def _refusal(logger: Logger, error: Exception) -> Answer:
    answer = problem_of(error)
    if answer["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("The request failed.", exc_info=error)
    return problem_answer(answer, _refusal_headers(error))


def _refusal_headers(error: Exception) -> dict[str, str]:
    match error:
        case RateLimited():
            return refusal_headers(error)
        case TokenExpired():  # RFC 6750, 3
            return {"WWW-Authenticate": 'Bearer error="invalid_token", error_description="The access token expired"'}
        case Unauthenticated():
            return {"WWW-Authenticate": "Bearer"}
        case InsufficientScope():
            return {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{" ".join(error.needed)}"'}
    return {}


def _no_such_route(event: Event) -> Answer:
    methods = methods_at(event.path)
    if not methods or event.http_method in methods:  # the latter where a path holds characters that none can have
        return problem_answer(problem("route_not_found", "The API has no such route."))
    allowed = ", ".join(methods)
    detail = f"{event.http_method} is not possible here, only {allowed}."
    return problem_answer(problem("method_not_allowed", detail), {"Allow": allowed})


def resolve_request(
    app: APIGatewayHttpResolver, logger: Logger, deployed: Deployed[Any], raw: dict[str, Any], context: LambdaContext
) -> dict[str, Any]:
    """Answer one request; the answer and every log line carry the request's id.

    Whatever the gateway has let through: only a route that is open is served to a caller who is not known.
    """
    event = Event(raw)
    correlation_id = request_id(event)
    logger.set_correlation_id(correlation_id)
    answer = _resolve(app, logger, deployed, event, context)
    answer["headers"] = {**answer.get("headers", {}), **_ALWAYS, "X-Request-Id": correlation_id}
    logger.info("answered", extra={"route": event.route_key, "path": event.path, "status": answer["statusCode"]})
    return answer


def _resolve(
    app: APIGatewayHttpResolver, logger: Logger, deployed: Deployed[Any], event: Event, context: LambdaContext
) -> dict[str, Any]:
    """Answer a request. A preflight, to which API Gateway adds the CORS headers, needs a 2xx and no identity."""
    if event.http_method == "OPTIONS":
        return {"statusCode": HTTPStatus.NO_CONTENT.value, "headers": {}, "body": "", "isBase64Encoded": False}
    try:
        known = None if is_open(event.http_method, event.path) else deployed.http_caller(event.raw_event)
        # Also where it is None: never the caller of a request before.
        app.append_context(caller=known)  # type: ignore[no-untyped-call]
    except Exception as error:
        refusal = _refusal(logger, error)
        headers = {**refusal.headers, "Content-Type": refusal.content_type}
        return {"statusCode": refusal.status_code, "headers": headers, "body": refusal.body, "isBase64Encoded": False}
    return app.resolve(event.raw_event, context)


def caller_of(app: APIGatewayHttpResolver) -> Caller:
    """Return who sent the request that is being answered. Raises `Unauthenticated` on an open route: nobody knows."""
    caller: Caller | None = app.context.get("caller")
    if caller is None:
        raise Unauthenticated
    return caller


def json_answer(status: HTTPStatus, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """Return a JSON answer that nobody may cache."""
    return text_answer(status, "application/json", _json(body), {"Cache-Control": "no-store", **(headers or {})})


def problem_answer(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
    """Return a problem detail."""
    headers = {"Cache-Control": "no-store", **(headers or {})}
    return text_answer(HTTPStatus(body["status"]), CONTENT_TYPE, _json(body), headers)


def text_answer(status: HTTPStatus, content_type: str, body: str, headers: Mapping[str, str]) -> Answer:
    """Return an answer of any type."""
    return Response(status.value, content_type, body, headers=dict(headers))


def body_object(event: Event) -> dict[str, Any]:
    """Return the JSON object in the request's body.

    Raises:
        UnsupportedMediaType: the headers say that it is something else.
        MalformedJson: it is no JSON object.
    """
    headers = event.headers
    require_json(headers.get("content-type", "application/json"), headers.get("content-encoding", "identity"))
    try:
        return parse_object(event.decoded_body or "")
    except UnicodeDecodeError as error:
        raise MalformedJson("invalid_json", "The body must be UTF-8 text.") from error


def idempotency_key(event: Event) -> str | None:
    """Return the `Idempotency-Key` header. Raises `InvalidOrder` where it is empty or too long."""
    key: str | None = event.headers.get("idempotency-key")
    if key is not None and not _PRINTABLE.fullmatch(key):
        message = "must be 1 to 128 printable ASCII characters"
        raise InvalidOrder(FieldError("Idempotency-Key", "invalid_idempotency_key", message))
    return key


def prefers_minimal(event: Event) -> bool:
    """Return whether the client asks for no more than it needs: `Prefer: return=minimal` (RFC 7240, 4.2)."""
    preferences = event.headers.get("prefer", "").lower().replace(" ", "")
    return "return=minimal" in preferences.split(",")


def request_id(event: Event) -> str:
    """Return the caller's own `X-Request-Id` if it is usable, else the gateway's."""
    own = event.headers.get("x-request-id", "")
    return own if _PRINTABLE.fullmatch(own) else str(event.request_context.request_id)


def _json(body: Any) -> str:
    return json.dumps(body, separators=(",", ":"))
