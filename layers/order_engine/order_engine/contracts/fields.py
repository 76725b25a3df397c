"""The fields that requests consist of, and the error of each that is not right."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from order_engine.domain.amounts import LONGEST_NUMBER, NUMBER, format_decimal
from order_engine.domain.errors import FieldError, InvalidOrder
from order_engine.domain.tokens import TOKENS, Token, find_token

M = TypeVar("M", bound=BaseModel)

"""Whose an order is where authentication is off and the request names nobody."""


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise PydanticCustomError("invalid_type", 'must be a decimal number or a string such as "1.5"')
    return str(value)


_DECIMAL = {"type": ["string", "number"], "maxLength": LONGEST_NUMBER, "pattern": f"^{NUMBER.pattern}$"}
_KNOWN = [name for token in TOKENS for name in (token.symbol, token.mint)]
DecimalText = Annotated[str, BeforeValidator(_number), Field(max_length=200), WithJsonSchema(_DECIMAL)]
TokenName = Annotated[
    str,
    Field(
        max_length=64,
        description="Symbol, in any case, or mint address.",
        json_schema_extra={"anyOf": [{"enum": _KNOWN}, {}]},  # so that readers and generators know some
    ),
]
PrintableText = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\x20-\x7E]+$")]


def parse_fields(model: type[M], fields: Mapping[str, Any]) -> M:
    """Return a body, query or frame as its model.

    Raises:
        InvalidOrder: with an error for each field that is not right.
    """
    try:
        return model.model_validate(dict(fields))
    except ValidationError as error:
        raise InvalidOrder(*(field_error(fault) for fault in error.errors(include_url=False))) from error


_CODES = {
    "missing": "missing_field",
    "extra_forbidden": "unknown_field",
    "literal_error": "unsupported_value",
    "invalid_order_id": "invalid_order_id",
    "ambiguous_target": "ambiguous_target",
}
"""Ours for Pydantic's, and our own; other kinds are `invalid_type` or `invalid_value`."""


def field_error(fault: Any) -> FieldError:
    """Return one of Pydantic's errors with a code of ours."""
    name = str(fault["loc"][0])[:64] if fault["loc"] else ""
    kind = fault["type"]
    message = {"missing": "is required", "extra_forbidden": "is not known here"}.get(kind, fault["msg"])
    return FieldError(name, _CODES.get(kind, "invalid_type" if kind.endswith("_type") else "invalid_value"), message)


def parse_token(field: str, name: str) -> Token:
    """Return the token with this symbol or mint. Raises `InvalidOrder`: `unknown_token`."""
    found = find_token(name)
    if found is None:
        known = ", ".join(token.symbol for token in TOKENS)
        raise InvalidOrder(FieldError(field, "unknown_token", f"must be one of {known}, or a mint address of one"))
    return found


def as_entered(number: str) -> str:
    """Return a decimal as it was entered, but always as a plain number: ``1e3`` is ``1000``."""
    return format_decimal(Decimal(number)) if "e" in number.lower() else number
