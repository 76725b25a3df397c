"""The schemas of what the engine says: the contracts' types, completed from the engine's tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from docs.generate.codes import CODES_BY_COMPONENT
from docs.generate.event_union import split_by_status
from docs.generate.receipts import with_receipts
from docs.generate.schemas import Schema, schemas


def sent_schemas(kinds: Iterable[type[Any]], *, discriminator: bool = True) -> dict[str, Schema]:
    """Return the schemas of answers or frames, and of all that they refer to, by component name.

    Args:
        discriminator: whether unions name the property that decides, in OpenAPI's form.
    """
    found = schemas(kinds)
    for name, codes in CODES_BY_COMPONENT.items():
        if name in found:
            properties = found[name]["properties"] | {"code": {"enum": list(codes), "type": "string"}}
            found[name] = found[name] | {"properties": properties}
    found = split_by_status(found, discriminator=discriminator)
    return dict(sorted(with_receipts(found, discriminator=discriminator).items()))
