"""The receipts of pools, from the dataclasses of the registered venues."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from inspect import cleandoc
from typing import Any, get_type_hints

from docs.generate.schemas import REF, Schema, one_line, one_of
from order_engine.adapters.simulated_market import registry
from order_engine.adapters.simulated_market.receipts import camel_case

_SCALARS: dict[type[Any], Schema] = {int: {"pattern": r"^-?\d+$", "type": "string"}, bool: {"type": "boolean"}}
_ARGUMENT = re.compile(r"^ +(\w+(?:, \w+)*): (.+)$", re.MULTILINE)
"""A line of a docstring's "Args:"."""


def with_receipts(components: dict[str, Schema], *, discriminator: bool) -> dict[str, Schema]:
    """Return the components with the kinds of pools; in a confirmed event, `curve` decides between them."""
    found = dict(components)
    for dex in registry.DEXES:
        pool = _object(dex.pool, dex.title, found)
        curve = {"curve": {"const": dex.pool.curve, "type": "string"}}
        found[dex.pool.__name__] = pool | {
            "properties": curve | pool["properties"],
            "required": [*curve, *pool["required"]],
        }
    names = {dex.pool.curve: dex.pool.__name__ for dex in registry.DEXES}
    confirmed = components["ConfirmedData"]
    description = confirmed["properties"]["pool"]["description"]
    pool = {"description": description, **one_of("curve", names, discriminator=discriminator)}
    return found | {"ConfirmedData": confirmed | {"properties": confirmed["properties"] | {"pool": pool}}}


def _object(kind: type[Any], title: str, components: dict[str, Schema]) -> Schema:
    """Return the schema of a dataclass; those of the dataclasses in it are added to the components."""
    types, texts = get_type_hints(kind), _field_descriptions(kind)
    properties = {
        camel_case(field.name): texts.get(field.name, {}) | _value(types[field.name], title, field.name, components)
        for field in fields(kind)
    }
    summary = one_line(cleandoc(kind.__doc__ or "").partition("\n\n")[0]).replace("``", "`")
    return {"description": summary, "properties": properties, "required": list(properties), "type": "object"}


def _value(kind: type[Any], title: str, name: str, components: dict[str, Schema]) -> Schema:
    if not is_dataclass(kind):
        return _SCALARS[kind]
    component = title + name.title().replace("_", "")
    components[component] = _object(kind, title, components)
    return {"$ref": REF.format(model=component)}


def _field_descriptions(kind: type[Any]) -> dict[str, Schema]:
    """Return what the docstrings of a dataclass and its bases say of the fields."""
    found: dict[str, Schema] = {}
    for part in reversed(kind.__mro__):
        _, _, arguments = cleandoc(part.__doc__ or "").partition("Args:\n")
        for names, text in _ARGUMENT.findall(arguments):
            found |= {name: {"description": text[0].upper() + text[1:]} for name in names.split(", ")}
    return found
