"""Examples that occur in many places of an OpenAPI document, written once."""

from __future__ import annotations

from itertools import chain, count
from typing import Any

from docs.generate.schemas import Schema


def with_shared_examples(document: Schema) -> Schema:
    """Return the document with its named examples among the components."""
    examples: Schema = {}
    paths = _referring(document["paths"], examples)
    components = document["components"] | {"examples": dict(sorted(examples.items()))}
    return document | {"paths": paths, "components": components}


def _referring(part: Any, examples: Schema) -> Any:
    if isinstance(part, list):
        return [_referring(item, examples) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _references(value, examples) if key == "examples" else _referring(value, examples)
        for key, value in part.items()
    }


def _references(named: Any, examples: Schema) -> Any:
    if not isinstance(named, dict):  # the examples of a schema are a list
        return named
    return {name: {"$ref": f"#/components/examples/{_kept(examples, name, named[name])}"} for name in named}


def _kept(examples: Schema, name: str, example: Any) -> str:
    """Keep an example by its name, with a number where another example has that name; return its name."""
    names = chain([name], (f"{name}_{number}" for number in count(2)))
    return next(free for free in names if examples.setdefault(free, example) == example)
