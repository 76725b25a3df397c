"""Receipts: a pool's state before a trade, ready for JSON, so that anybody can recompute the trade.

Names are camelCase, integers are decimal strings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, get_type_hints

from order_engine.adapters.simulated_market import registry
from order_engine.adapters.simulated_market.dex import Fill, Pool

Receipt = Mapping[str, Any]
T = TypeVar("T")

_INTEGER = re.compile(r"-?[0-9]{1,40}")


def write_receipt(pool: Pool) -> Receipt:
    """Return a pool's state, with the name of its curve."""
    return {"curve": pool.curve, **_write(pool)}


def recompute(receipt: Receipt, amount_in: int) -> Fill:
    """Return what the pool of a receipt gave for `amount_in` base units.

    Raises:
        KeyError: this is no receipt of one of our pools.
        ValueError: a value in it is not as `write_receipt` writes it.
        NoLiquidity: the pool can't have traded that amount.
    """
    return pool_of(receipt).trade(amount_in)


def pool_of(receipt: Receipt) -> Pool:
    """Return the pool whose state `write_receipt` wrote."""
    kind = {dex.pool.curve: dex.pool for dex in registry.DEXES}[receipt["curve"]]
    return _read(kind, receipt)


def _write(state: Any) -> Any:
    if is_dataclass(state):
        return {camel_case(field.name): _write(getattr(state, field.name)) for field in fields(state)}
    return state if isinstance(state, bool) else str(state)


def _read(kind: type[T], state: Any) -> T:
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{field.name: _read(hints[field.name], state[camel_case(field.name)]) for field in fields(kind)})
    if kind is bool and isinstance(state, bool):
        return state  # type: ignore[return-value]
    if kind is int and isinstance(state, str) and _INTEGER.fullmatch(state):
        return kind(state)  # type: ignore[call-arg]
    raise ValueError(f"{state!r} is no {kind.__name__} as receipts write it")


def camel_case(name: str) -> str:
    """Return a field's name as receipts spell it."""
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)
