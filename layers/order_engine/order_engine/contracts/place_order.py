"""The request to place an order: the same over HTTP and WebSocket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from order_engine.application.identity import Caller
from order_engine.application.place_order import PlaceOrder
from order_engine.contracts.fields import (
    DecimalText,
    PrintableText,
    TokenName,
    as_entered,
    parse_fields,
    parse_token,
)
from order_engine.domain.amounts import parse_amount, parse_slippage
from order_engine.domain.errors import FieldError, InvalidOrder
from order_engine.domain.terms import Terms
from order_engine.domain.tokens import Token

T = TypeVar("T")

_ALIASES = {"type": "orderType", "slippageTolerance": "slippage"}


def _with_aliases(schema: dict[str, Any]) -> None:
    """Describe a field's other name like the field, and that only one of the two may be given."""
    schema["properties"] |= {alias: schema["properties"][name] for alias, name in _ALIASES.items()}
    schema["not"] = {"anyOf": [{"required": [alias, name]} for alias, name in _ALIASES.items()]}


class PlaceOrderBody(BaseModel):
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
        Field(alias="userId", description="Whose order it is; you yourself if it is left out."),
    ] = None

    def to_command(
        self,
        caller: Caller,
        default_slippage: str,
        idempotency_key: str | None = None,
        correlation_id: str | None = None,
    ) -> PlaceOrder:
        """Check what the fields mean, all of them at once, and return the command.

        Args:
            caller: who places the order.
            default_slippage: for an order that names none; a fraction as text.
            idempotency_key: from the request's header.

        Raises:
            InvalidOrder: with an error for each field that makes no sense.
        """
        return PlaceOrder(
            caller=caller,
            terms=self._terms(default_slippage),
            idempotency_key=self._key(idempotency_key),
            client_order_id=self.client_order_id,
            correlation_id=correlation_id,
            named_user=self.user_id,
        )

    def _terms(self, default_slippage: str) -> Terms:
        faults: list[FieldError] = []
        token_in = _checked(faults, parse_token, "tokenIn", self.token_in)
        token_out = _checked(faults, parse_token, "tokenOut", self.token_out)
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

    def _key(self, header: str | None) -> str | None:
        if header and self.client_order_id and header != self.client_order_id:
            message = "must equal the Idempotency-Key header where both are given"
            raise InvalidOrder(FieldError("clientOrderId", "idempotency_key_mismatch", message))
        return header or self.client_order_id


def parse_order(fields: dict[str, Any]) -> PlaceOrderBody:
    """Return the request's fields as their model.

    Raises:
        InvalidOrder: `missing_field`, `unknown_field` or `invalid_type`, one for each fault.
    """
    return parse_fields(PlaceOrderBody, fields)


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
