"""Codes and statuses: the documents, the texts and the code that raises errors all have those of the one table."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import order_engine
from order_engine.adapters.simulated_market.registry import DEXES
from order_engine.contracts.problems import CONTENT_TYPE, FIELD_CODES, ONLY_HTTP, ONLY_WEBSOCKET, STATUS_BY_CODE
from order_engine.domain.errors import ExecutionError
from order_engine.domain.events import Status
from tests.support.documents import Schema, asyncapi, openapi, resolved

SOURCE = Path(order_engine.__file__).parent
ROOT = Path(__file__).resolve().parents[3]
NEVER_TOLD = {"illegal_transition", "version_conflict", "client_unreachable", "unreadable_message"}
"""Codes of errors that no client is told of."""


def codes(component: str, document: Schema) -> list[str]:
    """Return the values that a component's `code` may have."""
    found: list[str] = document["components"]["schemas"][component]["properties"]["code"]["enum"]
    return found


def test_each_api_describes_its_codes_of_the_table() -> None:
    assert set(codes("Problem", openapi())) == STATUS_BY_CODE.keys() - ONLY_WEBSOCKET
    assert set(codes("Error", asyncapi())) == STATUS_BY_CODE.keys() - ONLY_HTTP
    assert set(codes("Problem", openapi())) | set(codes("Error", asyncapi())) == STATUS_BY_CODE.keys()


def problems() -> Iterator[Any]:
    """Yield the codes of problems with which each operation may answer, by status."""
    for item in openapi()["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                if media := response["content"].get(CONTENT_TYPE):
                    yield pytest.param(int(status), media, id=f"{operation['operationId']}-{status}")


@pytest.mark.parametrize(("status", "media"), list(problems()))
def test_an_operation_describes_problems_with_the_status_of_the_table(status: int, media: Schema) -> None:
    (_, narrowed) = media["schema"]["allOf"]
    told = narrowed["properties"]["code"]["enum"]
    assert {STATUS_BY_CODE[code] for code in told} == {status}
    shown = [resolved(example)["value"] for example in media["examples"].values()]
    assert [(problem["code"], problem["status"]) for problem in shown] == [(code, status) for code in told]


TEXTS = [ROOT / "README.md", ROOT / "events" / "README.md", ROOT / "client" / "README.md", *ROOT.glob("docs/**/*.md")]


def test_texts_give_codes_the_status_of_the_table() -> None:
    pairs = [pair for text in TEXTS for pair in re.findall(r"\b(\d{3}) `([a-z_]+)`", text.read_text(encoding="utf-8"))]
    assert pairs
    assert [(status, code) for status, code in pairs if int(status) != STATUS_BY_CODE.get(code)] == []


def test_the_table_has_the_codes_of_all_errors() -> None:
    assert set(codes_of_errors()) == STATUS_BY_CODE.keys() | NEVER_TOLD


def codes_of_errors() -> Iterator[str]:
    """Yield the codes of errors and problems: those of classes, and those that calls give to them."""
    for node in nodes():
        match node:
            case ast.ClassDef(name=name, body=body) if name not in EXECUTION_ERRORS:
                for statement in body:
                    match statement:
                        case ast.Assign(targets=[ast.Name("code")], value=ast.Constant(str(code))):
                            yield code
            case ast.Call(func=ast.Name("problem" | "MalformedJson"), args=[ast.Constant(str(code)), *_]):
                yield code
            case ast.Call(func=ast.Attribute(attr="__init__"), args=[ast.Constant(str(code)), _]):
                yield code


def nodes() -> Iterator[ast.AST]:
    """Yield the syntax of the engine and the functions."""
    for folder in (SOURCE, ROOT / "functions"):
        for path in folder.rglob("*.py"):
            yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def test_every_code_of_a_field_is_described() -> None:
    assert set(codes_of_fields()) == set(FIELD_CODES)
    for document in (openapi(), asyncapi()):
        assert codes("FieldFault", document) == list(FIELD_CODES)


def codes_of_fields() -> Iterator[str]:
    """Yield the codes with which fields are refused: those of FieldError, of parse_decimal and of Pydantic's faults."""
    for node in nodes():
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


def descendants(kind: type[ExecutionError]) -> Iterator[type[ExecutionError]]:
    for child in kind.__subclasses__():
        if child.__module__.startswith(order_engine.__name__):
            yield child
            yield from descendants(child)


EXECUTION_ERRORS = {ExecutionError.__name__, *(error.__name__ for error in descendants(ExecutionError))}


def test_every_code_of_a_failed_attempt_is_described() -> None:
    raised = {error.code for error in descendants(ExecutionError)} - {ExecutionError.code}
    for document in (openapi(), asyncapi()):
        assert set(codes("ExecutionFault", document)) == raised


@pytest.mark.parametrize("document", [openapi(), asyncapi()], ids=["openapi", "asyncapi"])
def test_statuses_and_curves_are_those_of_the_engine(document: Schema) -> None:
    schemas = document["components"]["schemas"]
    events = [resolved(kind, document)["properties"]["status"]["const"] for kind in schemas["Event"]["oneOf"]]
    pools = [resolved(kind, document) for kind in schemas["ConfirmedData"]["properties"]["pool"]["oneOf"]]
    assert schemas["Status"]["enum"] == events == [status.value for status in Status]
    assert [pool["properties"]["curve"]["const"] for pool in pools] == [dex.pool.curve for dex in DEXES]


def test_orders_are_counted_by_each_status() -> None:
    counts = openapi()["components"]["schemas"]["OrderCounts"]
    assert counts["required"] == [*(status.value for status in Status), "total"]


def test_the_order_types_that_are_shown_are_those_that_are_accepted() -> None:
    schemas = openapi()["components"]["schemas"]
    shown, accepted = (schemas[name]["properties"]["orderType"] for name in ("Order", "PlaceOrder"))
    assert shown["const"] == accepted["const"]
