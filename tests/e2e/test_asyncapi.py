"""The description of the WebSocket API is what AsyncAPI's own schema asks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

from tests.support.documents import asyncapi

SPECS = Path(__file__).resolve().parents[2] / "postman" / "node_modules" / "@asyncapi" / "specs" / "schemas"


def faults(document: dict[str, Any]) -> list[str]:
    schema = json.loads((SPECS / f"{document['asyncapi']}-without-$id.json").read_text())
    return [f"{fault.json_path}: {fault.message}" for fault in Draft7Validator(schema).iter_errors(document)]


def test_it_is_asyncapi() -> None:
    assert faults(asyncapi()) == []


def test_what_is_not_is_noticed() -> None:
    assert faults(asyncapi() | {"operations": {"watch": {"action": "shout"}}})
    assert faults(asyncapi() | {"colour": "red"})
