"""The documents are well formed, and complete: each route, each code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docs.generate.events import EXECUTION_CODES
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

import order_engine
from docs.generate.__main__ import documents, main
from docs.generate.errors import FIELD_CODES
from order_engine.contracts.routes import METHODS
from order_engine.domain.errors import ExecutionError
from tests.support.documents import Schema, asyncapi, openapi, resolved

SOURCE = Path(order_engine.__file__).parent


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
    assert described == {path: set(methods) for path, methods in METHODS.items()}


@pytest.mark.parametrize("document", [openapi(), asyncapi()], ids=["openapi", "asyncapi"])
def test_references_point_to_something(document: Schema) -> None:
    found = list(references(document))
    assert found
    for reference in found:
        assert resolved({"$ref": reference}, document), reference


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for item in part:
            yield from references(item)


def test_every_code_of_a_field_is_described() -> None:
    assert set(codes_of_fields()) == set(FIELD_CODES)


def codes_of_fields() -> Iterator[str]:
    """Yield the codes with which fields are refused: those of FieldError, of parse_decimal and of Pydantic's faults."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name("FieldError"), args=[_, ast.Constant(str(code)), *_]):
                    yield code
                case ast.Call(func=ast.Name("parse_decimal"), args=[_, _, ast.Constant(str(code))]):
                    yield code
                case ast.Assign(targets=[ast.Name("_CODES")], value=ast.Dict(values=values)):
                    yield from (ast.literal_eval(value) for value in values)
                case ast.ClassDef(name="MalformedOrderId"):
                    yield "invalid_order_id"
                case ast.FunctionDef(name="field_error"):
                    yield from ("invalid_type", "invalid_value")


def test_every_code_of_a_failed_attempt_is_described() -> None:
    raised = {error.code for error in descendants(ExecutionError)} - {ExecutionError.code}
    assert raised | {"processing_gave_up"} == set(EXECUTION_CODES)


def descendants(kind: type[ExecutionError]) -> Iterator[type[ExecutionError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from descendants(child)
