"""What an operation of the HTTP API is described by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from docs.generate.schemas import Schema
from order_engine.contracts.answers import Problem

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no problem detail.

    Args:
        body: the type of a JSON body; None for text, of which there is no example here either.
        headers: the names of headers, and of their descriptions among the components.
    """

    status: int
    description: str
    body: type[Any] | None = None
    examples: Mapping[str, object] = field(default_factory=dict)
    content_types: tuple[str, ...] = (JSON,)
    headers: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    id: str
    tag: str
    summary: str
    description: str
    answers: tuple[Answer, ...]
    problems: tuple[Problem, ...] = ()
    parameters: tuple[Schema, ...] = ()
    body: Mapping[str, object] = field(default_factory=dict)
