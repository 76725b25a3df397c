"""The request to place an order: the same over HTTP and WebSocket."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from order_engine.application.submit_order import SubmitOrder
from order_engine.domain.amounts import LONGEST_NUMBER, NUMBER, parse_amount, parse_slippage, plain
from order_engine.domain.errors import FieldError, InvalidOrder
from order_engine.domain.order import Terms
from order_engine.domain.tokens import TOKENS, Token, find_token

T = TypeVar("T")

ANONYMOUS = "anonymous"
"""Whose an order is where authentication is off and the request names nobody."""


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise PydanticCustomError("invalid_type", 'must be a decimal number or a string such as "1.5"')
    return str(value)


_DECIMAL = {"type": ["string", "number"], "maxLength": LONGEST_NUMBER, "pattern": f"^{NUMBER.pattern}$"}
_KNOWN = [name for token in TOKENS for name in (token.symbol, token.mint)]
_ALIASES = {"type": "orderType", "slippageTolerance": "slippage"}

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


def _with_aliases(schema: dict[str, Any]) -> None:
    """Describe a field's other name like the field, and that only one of the two may be given."""
    schema["properties"] |= {alias: schema["properties"][name] for alias, name in _ALIASES.items()}
    schema["not"] = {"anyOf": [{"required": [alias, name]} for alias, name in _ALIASES.items()]}


class PlaceOrder(BaseModel):
    """An order to place. Unknown fields are refused, so that a misspelt one is not silently ignored."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=_with_aliases)

    order_type: Annotated[
        Literal["market"],
        Field(
            validation_alias=AliasChoices("orderType", "type"),
            serialization_alias="orderType",
            description="`market`: swap at the best venue now. `type` is an alias.",
        ),
    ] = "market"
    token_in: Annotated[TokenName, Field(alias="tokenIn", examples=["SOL"])]
    token_out: Annotated[TokenName, Field(alias="tokenOut", examples=["USDC"])]
    amount_in: Annotated[
        DecimalText,
        Field(
            alias="amountIn",
            description="Decimal amount of the token in; no more decimals than the token has.",
            examples=["1.5"],
        ),
    ]
    slippage: Annotated[
        DecimalText | None,
        Field(
            validation_alias=AliasChoices("slippage", "slippageTolerance"),
            serialization_alias="slippage",
            description="Tolerated loss against the quote: a fraction from 0 to 0.5, at most 4 decimals."
            " `slippageTolerance` is an alias.",
            examples=["0.01"],
        ),
    ] = None
    min_amount_out: Annotated[
        DecimalText | None,
        Field(alias="minAmountOut", description="The order's own lower limit of the amount out."),
    ] = None
    client_order_id: Annotated[
        PrintableText | None,
        Field(alias="clientOrderId", description="The client's own id; also serves as idempotency key."),
    ] = None
    user_id: Annotated[
        PrintableText | None,
        Field(alias="userId", description="Who orders; only where authentication is off."),
    ] = None

    def to_command(
        self,
        default_slippage: str,
        user_id: str | None = None,
        idempotency_key: str | None = None,
        correlation_id: str | None = None,
    ) -> SubmitOrder:
        """Check what the fields mean, all of them at once, and return the command.

        Args:
            default_slippage: for an order that names none; a fraction as text.
            user_id: the authenticated user; None where authentication is off.
            idempotency_key: from the request's header.

        Raises:
            InvalidOrder: with an error for each field that makes no sense.
        """
        return SubmitOrder(
            user_id=self._user(user_id),
            terms=self._terms(default_slippage),
            idempotency_key=self._key(idempotency_key),
            client_order_id=self.client_order_id,
            correlation_id=correlation_id,
        )

    def _terms(self, default_slippage: str) -> Terms:
        faults: list[FieldError] = []
        token_in = _checked(faults, read_token, "tokenIn", self.token_in)
        token_out = _checked(faults, read_token, "tokenOut", self.token_out)
        if token_in is not None and token_in == token_out:
            faults.append(FieldError("tokenOut", "same_token", "must be another token than tokenIn"))
        slippage = default_slippage if self.slippage is None else self.slippage
        slippage_bps = _checked(faults, parse_slippage, "slippage", slippage)
        amount_in = _amount(faults, "amountIn", self.amount_in, token_in)
        min_out = _amount(faults, "minAmountOut", self.min_amount_out, token_out)
        if faults or token_in is None or token_out is None or amount_in is None or slippage_bps is None:
            raise InvalidOrder(*faults)
        return Terms(
            order_type=self.order_type,
            token_in=token_in,
            token_out=token_out,
            amount_in=amount_in,
            amount_in_entered=as_entered(self.amount_in),
            slippage_bps=slippage_bps,
            slippage_entered=as_entered(slippage),
            min_amount_out=min_out or 0,
            min_amount_out_entered=self.min_amount_out and as_entered(self.min_amount_out),
        )

    def _user(self, authenticated: str | None) -> str:
        if authenticated is not None and self.user_id not in (None, authenticated):
            raise InvalidOrder(FieldError("userId", "not_allowed", "is known from your credentials; leave it out"))
        return authenticated or self.user_id or ANONYMOUS

    def _key(self, header: str | None) -> str | None:
        if header and self.client_order_id and header != self.client_order_id:
            message = "must equal the Idempotency-Key header where both are given"
            raise InvalidOrder(FieldError("clientOrderId", "idempotency_key_mismatch", message))
        return header or self.client_order_id


def place_order(fields: dict[str, Any]) -> PlaceOrder:
    """Read the request's fields.

    Raises:
        InvalidOrder: `missing_field`, `unknown_field` or `invalid_type`, one for each fault.
    """
    try:
        return PlaceOrder.model_validate(fields)
    except ValidationError as error:
        raise InvalidOrder(*(field_error(fault) for fault in error.errors(include_url=False))) from error


def as_entered(number: str) -> str:
    """Return a decimal as it was entered, but always as a plain number: ``1e3`` is ``1000``."""
    return plain(Decimal(number)) if "e" in number.lower() else number


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


def read_token(field: str, name: str) -> Token:
    """Return the token with this symbol or mint. Raises `InvalidOrder`: `unknown_token`."""
    found = find_token(name)
    if found is None:
        known = ", ".join(token.symbol for token in TOKENS)
        raise InvalidOrder(FieldError(field, "unknown_token", f"must be one of {known}, or a mint address of one"))
    return found


def _amount(faults: list[FieldError], field: str, value: str | None, token: Token | None) -> int | None:
    if value is None or token is None:
        return None
    return _checked(faults, lambda name, text: parse_amount(name, text, token), field, value)


def _checked(faults: list[FieldError], parse: Callable[[str, str], T], field: str, value: str) -> T | None:
    try:
        return parse(field, value)
    except InvalidOrder as invalid:
        faults.extend(invalid.errors)
        return None
