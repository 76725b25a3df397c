"""Checks of answers, messages and views against their descriptions: the API documents and the TypedDicts.

Schemas are closed here: the documents leave room for fields that later versions add, the tests don't.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NotRequired, get_origin, get_type_hints

import httpx
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import TypeAdapter

DOCS = Path(__file__).resolve().parents[2] / "docs"
Schema = dict[str, Any]


@cache
def openapi() -> Schema:
    """Return the committed description of the HTTP API."""
    document: Schema = json.loads((DOCS / "openapi.json").read_text())
    return document


@cache
def asyncapi() -> Schema:
    """Return the committed description of the WebSocket API."""
    document: Schema = yaml.safe_load((DOCS / "asyncapi.yaml").read_text())
    return document


def assert_valid(value: object, schema: Schema, document: Schema) -> None:
    """Fail, saying what is wrong where, if a value is not what a schema of the document says."""
    root = {"components": document["components"] | {"schemas": _closed(document["components"]["schemas"])}, **schema}
    validator = Draft202012Validator(root, format_checker=FormatChecker())
    faults = [f"{'/'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in validator.iter_errors(value)]
    assert not faults, "\n".join([*faults, json.dumps(value, indent=1)])


def assert_answer(answer: httpx.Response) -> None:
    """Fail if an answer has a status, a content type, a header or a body that is not documented for its request."""
    answer.read()
    response = _documented(answer)
    for name, header in response.get("headers", {}).items():
        _assert_header(answer, name, resolved(header))
    content_type = answer.headers.get("content-type", "").partition(";")[0]
    assert not response.get("content") or content_type in response["content"], f"{content_type} is not documented"
    if content_type.endswith("json"):
        assert_valid(answer.json(), response["content"][content_type]["schema"], openapi())


def _documented(answer: httpx.Response) -> Schema:
    """Return what is documented for an answer; where no operation is, only our problems are expected."""
    path, method = answer.request.url.path, answer.request.method.lower()
    operations: Schema = next((item for template, item in openapi()["paths"].items() if _matches(template, path)), {})
    if method in operations:
        responses: Schema = operations[method]["responses"]
        assert str(answer.status_code) in responses, f"{answer.status_code} is not documented for {method} {path}"
        return dict(responses[str(answer.status_code)])
    if method == "options":  # a browser's question, which the gateway answers
        return {}
    assert answer.status_code == (405 if operations else 404)
    return {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _matches(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


def _assert_header(answer: httpx.Response, name: str, header: Schema) -> None:
    if name in answer.headers:
        assert_valid(answer.headers[name], header["schema"], openapi())
    else:
        assert not header.get("required"), f"{name} is missing"


def assert_message(message: Schema) -> None:
    """Fail if a message of the server is not one that is documented."""
    names = {kind["payload"]["$ref"].rpartition("/")[2] for kind in _messages() if "$ref" in kind["payload"]}
    types = {asyncapi()["components"]["schemas"][name]["properties"]["type"]["const"]: name for name in names}
    assert message["type"] in types, message
    assert_valid(message, {"$ref": f"#/components/schemas/{types[message['type']]}"}, asyncapi())


def assert_described(value: object, kind: Any) -> None:
    """Fail if a value is not what its type says, such as a TypedDict: all required keys, and no unknown one."""
    assert_valid(value, *_described(kind))


def optional_keys(kind: Any) -> set[str]:
    """Return the keys that a TypedDict may lack.

    Its `__optional_keys__` are empty where the annotations of its module are strings.
    """
    hints = get_type_hints(kind, include_extras=True)
    return {name for name, hint in hints.items() if get_origin(hint) is NotRequired}


@cache
def _described(kind: Any) -> tuple[Schema, Schema]:
    """Return the closed schema of a type, and a document with all that it refers to."""
    schema = TypeAdapter(kind).json_schema(ref_template="#/components/schemas/{model}")
    schemas = schema.pop("$defs", {})
    return _closed({"": schema})[""], {"components": {"schemas": schemas}}


def _messages() -> Iterator[Schema]:
    yield from asyncapi()["components"]["messages"].values()


def resolved(part: Schema, document: Schema | None = None) -> Schema:
    """Return what a reference points to, or the part itself if it is none."""
    found: Schema = document or openapi()
    for name in part["$ref"].removeprefix("#/").split("/") if "$ref" in part else ():
        found = found[name]
    return found if "$ref" in part else part


def _closed(schemas: Schema) -> Schema:
    return {
        name: schema if "properties" not in schema else {"additionalProperties": False} | schema
        for name, schema in schemas.items()
    }
