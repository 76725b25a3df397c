"""The documents are well formed, up to date and complete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from docs.generate.__main__ import documents, main
from docs.generate.schemas import reference
from order_engine.contracts import frame_schema
from order_engine.contracts.routes import ROUTES
from order_engine.contracts.socket_requests import ACTIONS
from tests.support.documents import Schema, asyncapi, openapi, resolved


def test_the_committed_documents_are_up_to_date() -> None:
    assert main(["--check"]) == 0


def test_a_stale_document_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stale = {path: text + " " for path, text in documents().items()}
    monkeypatch.setattr("docs.generate.__main__.documents", lambda: stale)
    assert main(["--check"]) == 1
    assert "make docs" in capsys.readouterr().err
    assert documents() == {path: path.read_text() for path in documents()}


def test_the_http_description_is_openapi() -> None:
    validate(openapi())
    with pytest.raises(OpenAPIValidationError):
        validate(openapi() | {"paths": {"/": {"get": {"responses": 1}}}})


def test_every_route_is_described() -> None:
    described = {path: {method.upper() for method in item} for path, item in openapi()["paths"].items()}
    assert described.pop("/assets/sign-in.json") == {"GET"}  # one of the files, and made rather than kept
    assert described == {path: set(methods) for path, methods in ROUTES.items()}


def test_every_action_and_every_frame_is_described() -> None:
    messages = asyncapi()["components"]["messages"]
    sent = {message["payload"]["$ref"] for message in messages.values() if "$ref" in message["payload"]}
    frames = [kind for name, kind in vars(frame_schema).items() if name.endswith("Frame")]
    assert {name for name, message in messages.items() if "$ref" not in message["payload"]} == ACTIONS.keys()
    assert sent == {reference(frame)["$ref"] for frame in frames}


@pytest.mark.parametrize("document", [openapi(), asyncapi()], ids=["openapi", "asyncapi"])
def test_references_point_to_something(document: Schema) -> None:
    found = list(references(document))
    assert found
    for target in found:
        assert resolved({"$ref": target}, document), target


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for item in part:
            yield from references(item)
