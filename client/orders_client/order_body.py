"""The body of an order: the same over HTTP and the stream."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Amount = Decimal | str | int
"""An amount or fraction, exactly. A float is none: 0.1 is 0.1000000000000000055… by the time it gets here."""


def order_body(
    token_in: str,
    token_out: str,
    amount_in: Amount,
    *,
    slippage: Amount | None = None,
    min_amount_out: Amount | None = None,
    client_order_id: str | None = None,
    user_id: str | None = None,
) -> dict[str, Any]:
    """Return the JSON of a market order; what is None is left out. Raises TypeError for a float."""
    body = {
        "orderType": "market",
        "tokenIn": token_in,
        "tokenOut": token_out,
        "amountIn": _text(amount_in),
        "slippage": None if slippage is None else _text(slippage),
        "minAmountOut": None if min_amount_out is None else _text(min_amount_out),
        "clientOrderId": client_order_id,
        "userId": user_id,
    }
    return {name: value for name, value in body.items() if value is not None}


def _text(amount: Amount) -> str:
    if isinstance(amount, float):
        raise TypeError(f"{amount!r} is a binary float; give a Decimal or text, so that nothing is rounded")
    return f"{amount:f}" if isinstance(amount, Decimal) else str(amount)
