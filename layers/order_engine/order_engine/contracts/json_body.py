"""JSON from strangers: exact numbers, no duplicate keys, a size limit, and an error that says where."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from order_engine.domain.errors import OrderEngineError

MAX_BODY_BYTES = 64 * 1024


class MalformedJson(OrderEngineError):
    """The text is no JSON object. `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class BodyTooLarge(MalformedJson):
    """The text is longer than `MAX_BODY_BYTES`."""

    def __init__(self) -> None:
        super().__init__("body_too_large", f"The body must not be larger than {MAX_BODY_BYTES} bytes.")


class UnsupportedMediaType(OrderEngineError):
    """The body is not declared as plain JSON."""

    code = "unsupported_media_type"


def require_json(content_type: str, content_encoding: str) -> None:
    """Check a body's headers. Raises `UnsupportedMediaType`."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise UnsupportedMediaType(f"The body must be application/json, not {media_type[:100]!r}.")
    if content_encoding.strip().lower() != "identity":
        raise UnsupportedMediaType("The body must not be compressed.")


def parse_object(text: str) -> dict[str, Any]:
    """Read a JSON object; numbers with a fraction or exponent become `Decimal`, never a binary float.

    Raises:
        BodyTooLarge: it is longer than `MAX_BODY_BYTES`.
        MalformedJson: `invalid_json`, `duplicate_key` or `not_an_object`.
    """
    if len(text) > MAX_BODY_BYTES or len(text.encode("utf-8", "replace")) > MAX_BODY_BYTES:
        raise BodyTooLarge
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedJson("invalid_json", f"The body is not valid JSON: {error.msg} at {where}.") from error
    except RecursionError as error:
        raise MalformedJson("invalid_json", "The body is nested too deeply.") from error
    except (ValueError, InvalidOperation) as error:  # more digits than Python reads, or an exponent beyond Decimal's
        raise MalformedJson("invalid_json", "The body holds a number that is too long.") from error
    if not isinstance(value, dict):
        raise MalformedJson("not_an_object", 'The body must be a JSON object, such as {"tokenIn": "SOL", …}.')
    return value


def _no_constant(name: str) -> NoReturn:
    raise MalformedJson("invalid_json", f"{name} is not valid JSON; numbers must be finite.")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedJson("duplicate_key", f"The key {twice[:64]!r} occurs more than once.")
    return value
