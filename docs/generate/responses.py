"""The responses of an operation: answers by type, problems by code, and what the gateway may answer by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from typing_extensions import TypedDict

from docs.generate.operations import Answer, Operation
from docs.generate.schemas import Schema, reference
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
    "ETag": {"description": "For `If-None-Match`.", "required": True, "schema": {"type": "string"}},
}
_THROTTLED = {"Retry-After": "RetryAfter", "RateLimit": "RateLimit", "RateLimit-Policy": "RateLimitPolicy"}

_OF_THE_GATEWAY = (
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,  # more than 10 MB, where there is a body
    HTTPStatus.TOO_MANY_REQUESTS,  # throttled
    HTTPStatus.INTERNAL_SERVER_ERROR,  # the function crashed
    HTTPStatus.SERVICE_UNAVAILABLE,  # the function took too long
)
_ABOUT = {
    400: "Malformed.",
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
    refusals = {problem["status"] for problem in operation.problems} | set(_OF_THE_GATEWAY)
    for status in refusals if operation.body else refusals - {HTTPStatus.REQUEST_ENTITY_TOO_LARGE}:
        content = found.setdefault(status, _refusal(status, operation.problems))["content"]
        problems = [problem for problem in operation.problems if problem["status"] == status]
        if problems:
            content[CONTENT_TYPE] = _problems(problems)
        if status in _OF_THE_GATEWAY:
            content["application/json"] = _with_gateway(content.get("application/json"), HTTPStatus(status).phrase)
    return {str(status): found[status] for status in sorted(found)}


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
    limited = any(problem["status"] == status == HTTPStatus.TOO_MANY_REQUESTS for problem in problems)
    return {"description": _ABOUT[status], "headers": _headers(status, _THROTTLED if limited else {}), "content": {}}


def _headers(status: int, headers: Mapping[str, str]) -> Schema:
    request_id = "RequestIdOfOurs" if status in _OF_THE_GATEWAY else "RequestId"
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
