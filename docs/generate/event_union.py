"""An order's events as a union: `status` decides what is in `data`, as the codec's own table says."""

from __future__ import annotations

from typing import Any, get_type_hints

from docs.generate.schemas import Schema, one_line, one_of, reference
from order_engine.contracts.events import encoding, schema
from order_engine.domain.events import Status


def split_by_status(components: dict[str, Schema], *, discriminator: bool) -> dict[str, Schema]:
    """Return the components with one kind of event for each status, and status updates that are as exact."""
    event, kinds = components["Event"], data_by_status()
    names = {status.value: f"{status.value.title()}Event" for status in Status}
    found = dict(components)
    for status, name in names.items():
        found[name] = event | {
            "description": " ".join(one_line(kind.__doc__ or "") for kind in kinds[status]),
            "properties": event["properties"] | _decided(status, kinds[status]),
        }
    if update := components.get("StatusUpdate"):
        found["StatusUpdate"] = update | {"oneOf": [{"properties": _decided(*decided)} for decided in kinds.items()]}
    union = one_of("status", names, discriminator=discriminator)
    return found | {"Event": {"description": event["description"], **union}}


def data_by_status() -> dict[str, list[type[Any]]]:
    """Return the types of `data` by status: what the events' encoders return."""
    kinds: dict[str, list[type[Any]]] = {status.value: [] for status in Status}
    for event, encoder in encoding.ENCODERS.items():
        kinds[event.status].append(get_type_hints(encoder, localns={"schema": schema})["return"])
    return kinds


def _decided(status: str, kinds: list[type[Any]]) -> Schema:
    """Return the properties that an event's status decides."""
    data = [reference(kind) for kind in kinds]
    return {
        "status": {"const": status, "type": "string"},
        "data": data[0] if len(data) == 1 else {"anyOf": data},
    }
