"""Placeholders for what differs from one session to the next: ids, signatures, times, and what follows from prices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_DECIMAL = re.compile(r"-?\d+(\.\d+)?")
_SHARE = re.compile(r"\d+(\.\d+)? %")
_NUMBERED = {"txHash": "signature", "signature": "signature", "correlationId": "correlation"}
"""Fields whose values get a number each, by the kind of value."""
_OF_THE_MARKET = {
    "amountOut", "executedPrice", "fee", "priceImpact", "quotedAmountOut", "referencePrice", "slippageBps",
}  # fmt: skip
"""Fields whose values follow from prices."""


@dataclass
class Masks:
    """Replaces what differs between sessions by placeholders, the same value always by the same one."""

    placeholders: dict[str, str] = field(default_factory=dict)

    def number(self, kind: str, value: str) -> str:
        """Return the placeholder of a value: the next of its kind for a new one."""
        known = sum(name.startswith(f"<{kind} ") for name in self.placeholders.values())
        return self.placeholders.setdefault(value, f"<{kind} {known + 1}>")

    def reveal(self, text: str) -> str:
        """Return a text with values instead of their placeholders."""
        for value, placeholder in self.placeholders.items():
            text = text.replace(placeholder, value)
        return text

    def mask(self, value: Any) -> Any:
        """Return a frame, or a part of one, with placeholders."""
        if isinstance(value, Mapping):
            return {name: self._field(value, name) for name in value}
        if isinstance(value, list):
            return [self.mask(item) for item in value]
        return self._text(value) if isinstance(value, str) else value

    def _field(self, parent: Mapping[str, Any], name: str) -> Any:
        value = parent[name]
        if name in _NUMBERED:
            return self.number(_NUMBERED[name], value)
        if name == "pool":
            return _without_decimals(value)
        if name == "reason":
            return _SHARE.sub("<decimal> %", value)
        if name in _OF_THE_MARKET or (name == "minAmountOut" and "quotedAmountOut" in parent):
            return _without_decimals(value)
        return self.mask(value)

    def _text(self, text: str) -> str:
        if _TIME.fullmatch(text):
            return "<time>"
        for value, placeholder in self.placeholders.items():
            text = text.replace(value, placeholder)
        return text


def _without_decimals(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_decimals(item) for name, item in value.items()}
    return "<decimal>" if isinstance(value, str) and _DECIMAL.fullmatch(value) else value
