"""The responses of an operation: answers by type, problems by code, and what the gateway may answer by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from typing_extensions import TypedDict

from docs.generate.operation import Answer, Operation
from docs.generate.schemas import Schema, reference
from docs.generate.security import access_to, refusals
from order_engine.contracts.answers import Problem
from order_engine.contracts.problems import CONTENT_TYPE


class GatewayMessage(TypedDict):
    """What API Gateway itself answers where no function of ours was reached or came to an end."""

    message: str


_ID: Schema = {"type": "string", "minLength": 1, "maxLength": 128}
HEADERS: dict[str, Schema] = {
    "RequestId": {"description": "The request's id.", "required": True, "schema": _ID},
    "RequestIdOfOurs": {"description": "The request's id; not there where the gateway answers.", "schema": _ID},
    "Location": {
        "description": "The order's path.",
        "required": True,
        "schema": {"type": "string", "pattern": "^/api/orders/[0-9a-f-]{36}$"},
    },
    "IdempotentReplayed": {
        "description": "The order had been accepted before.",
        "required": True,
        "schema": {"type": "string", "const": "true"},
    },
    "RateLimit": {
        "description": "Where there is a limit: how many more orders may be placed (`r`), until in `t` seconds"
        " the count begins anew.",
        "schema": {"type": "string", "pattern": r'^"orders";r=\d+;t=\d+$', "examples": ['"orders";r=598;t=42']},
    },
    "RateLimitPolicy": {
        "description": "Where there is a limit: a user may place `q` orders in `w` seconds.",
        "schema": {"type": "string", "pattern": r'^"orders";q=\d+;w=\d+$', "examples": ['"orders";q=600;w=60']},
    },
    "RetryAfter": {"description": "Seconds.", "schema": {"type": "string", "pattern": r"^\d+$", "examples": ["42"]}},
    "PreferenceApplied": {
        "description": "What was asked for with `Prefer`, and done.",
        "schema": {"type": "string", "const": "return=minimal"},
    },
    "WwwAuthenticate": {
        "description": "What is needed (RFC 6750).",
        "schema": {"type": "string", "pattern": "^Bearer", "examples": ["Bearer"]},
    },
    "ETag": {"description": "For `If-None-Match`.", "required": True, "schema": {"type": "string"}},
}
_CHALLENGE = {"WWW-Authenticate": "WwwAuthenticate"}
_REFUSAL_HEADERS: dict[int, dict[str, str]] = {
    401: _CHALLENGE,
    403: _CHALLENGE,
    429: {"Retry-After": "RetryAfter", "RateLimit": "RateLimit", "RateLimit-Policy": "RateLimitPolicy"},
}

_OF_THE_GATEWAY = (
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,  # more than 10 MB, where there is a body
    HTTPStatus.TOO_MANY_REQUESTS,  # throttled
    HTTPStatus.INTERNAL_SERVER_ERROR,  # the function crashed
    HTTPStatus.SERVICE_UNAVAILABLE,  # the function took too long
)
_OF_ITS_AUTHORIZER = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_ABOUT = {
    400: "Malformed.",
    401: "No valid access token; where the gateway says so, with a `message` only.",
    403: "The access token does not permit this; where the gateway says so, with a `message` only.",
    404: "Not found; also where the order is another user's.",
    409: "In conflict with the order as it is.",
    413: "The body is too large.",
    415: "The body is not declared as plain JSON.",
    422: "Well formed, but not right; `errors` says what is not.",
    429: "Too many requests.",
    500: "A fault on our side.",
    503: "A service that is needed does not answer. Whether there was an effect is unknown: hence idempotency keys.",
}


def responses(operation: Operation) -> dict[str, Schema]:
    """Return the operation's responses by status."""
    found = {answer.status: _answer(answer) for answer in operation.answers}
    possible = (*operation.problems, *refusals(operation.method, operation.path))
    gateways = _gateway_statuses(operation)
    for status in {problem["status"] for problem in possible} | gateways:
        content = found.setdefault(status, _refusal(status, possible))["content"]
        problems = [problem for problem in possible if problem["status"] == status]
        if problems:
            content[CONTENT_TYPE] = _problems(problems)
        if status in gateways:
            content["application/json"] = _with_gateway(content.get("application/json"), HTTPStatus(status).phrase)
    return {str(status): found[status] for status in sorted(found)}


def _gateway_statuses(operation: Operation) -> set[int]:
    """Return the statuses with which the gateway itself may answer."""
    protected = access_to(operation.method, operation.path) is not None
    statuses = {*_OF_THE_GATEWAY, *(_OF_ITS_AUTHORIZER if protected else ())}
    return statuses if operation.body else statuses - {HTTPStatus.REQUEST_ENTITY_TOO_LARGE}


def _answer(answer: Answer) -> Schema:
    media: Schema = {"schema": reference(answer.body) if answer.body else {"type": "string"}}
    if answer.examples:
        media["examples"] = {name: {"value": value} for name, value in answer.examples.items()}
    response = {
        "description": answer.description,
        "headers": _headers(answer.status, answer.headers),
        "content": {content_type: dict(media) for content_type in answer.content_types},
    }
    return response | ({"links": answer.links} if answer.links else {})


def _refusal(status: int, problems: Sequence[Problem]) -> Schema:
    ours = any(problem["status"] == status for problem in problems)
    headers = _headers(status, _REFUSAL_HEADERS.get(status, {}) if ours else {})
    return {"description": _ABOUT[status], "headers": headers, "content": {}}


def _headers(status: int, headers: Mapping[str, str]) -> Schema:
    request_id = "RequestIdOfOurs" if status in (*_OF_THE_GATEWAY, *_OF_ITS_AUTHORIZER) else "RequestId"
    named = {"X-Request-Id": request_id, **headers}
    return {name: {"$ref": f"#/components/headers/{header}"} for name, header in named.items()}


def _problems(problems: Sequence[Problem]) -> Schema:
    codes = [problem["code"] for problem in problems]
    return {
        "schema": {"allOf": [reference(Problem), {"properties": {"code": {"enum": codes}}}]},
        "examples": {problem["code"]: {"value": problem} for problem in problems},
    }


def _with_gateway(media: Schema | None, message: str) -> Schema:
    """Return what is said in JSON, by us or by the gateway."""
    gateway, example = reference(GatewayMessage), {"gateway": {"value": {"message": message}}}
    if media is None:
        return {"schema": gateway, "examples": example}
    return {"schema": {"anyOf": [media["schema"], gateway]}, "examples": media["examples"] | example}
