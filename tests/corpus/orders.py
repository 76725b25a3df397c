"""Orders that are JSON objects, but make no sense: each good but for one thing."""

# ruff: noqa: RUF001  (look-alikes are the point)

from __future__ import annotations

from typing import Any

from tests.corpus.json_texts import GOOD

_HALF_PAIR = "\ud800"
_WRONG_TYPES: dict[str, Any] = {"true": True, "false": False, "array": [], "object": {}, "array of it": ["1"]}

_NO_TEXT = _WRONG_TYPES | {"number": 7, "fraction": 1.5}
_STRANGE: dict[str, Any] = {
    "empty": "",
    "null byte": "SOL\0",
    "half a surrogate pair": _HALF_PAIR,
    "half a surrogate pair inside": f"S{_HALF_PAIR}L",
    "control character": "\x1b[31mSOL",
    "newline": "SOL\n",
    "emoji": "\U0001f680",
    "right to left": "\u202eLOS",
    "zero width": "S\u200bOL",
    "long": "S" * 1_000,
    "very long": "S" * 50_000,
}

_NO_TOKEN = (
    _NO_TEXT
    | _STRANGE
    | {
        "null": None,
        "unknown": "DOGE",
        "space": " SOL",
        "homoglyph": "ЅOL",
        "long s": "ſOL",
        "sharp s": "ßol",
        "mint in another case": "so11111111111111111111111111111111111111112",
        "mint cut off": "So1111111111111111111111111111111111111111",
        "SQL": "SOL'; DROP TABLE orders; --",
        "expression": "${jndi:ldap://127.0.0.1/a}",
        "template": "{{7*7}}",
        "prototype": "__proto__",
        "attribute": "__class__",
        "path": "../../etc/passwd",
        "format": "%s%n%x",
        "markup": "<script>alert(1)</script>",
    }
)

_NO_NUMBER = (
    _WRONG_TYPES
    | _STRANGE
    | {
        "word": "much",
        "NaN": "NaN",
        "signalling NaN": "sNaN",
        "infinity": "Infinity",
        "minus infinity": "-inf",
        "minus": "-1",
        "minus as number": -1,
        "minus zero point one": -0.1,
        "hexadecimal": "0x10",
        "thousands": "1_000",
        "decimal comma": "1,5",
        "two points": "1.2.3",
        "space before": " 1",
        "space after": "1 ",
        "space inside": "1 0",
        "exponent missing": "1e",
        "huge exponent": "1e400",
        "huge exponent as number": 10**400,
        "tiny": "1e-400",
        "exponent beyond Decimal's": "1e" + "9" * 19,
        "Arabic digits": "١٢",
        "full-width digits": "１２",
        "mathematical digits": "𝟙",
        "superscript": "²",
        "fraction sign": "½",
        "Roman numeral": "Ⅻ",
        "hundred digits": "9" * 100,
        "five thousand digits": "9" * 5_000,
        "hundred decimals": "0." + "1" * 100,
        "expression": "1+1",
        "currency": "$1",
        "percent": "1%",
    }
)
_NO_AMOUNT = _NO_NUMBER | {
    "null": None,
    "zero": "0",
    "zero as number": 0,
    "minus zero": "-0",
    "zero with decimals": "0.000000000",
    "zero with an exponent": "0e9",
    "one decimal too many": "0.0000000001",
    "2^64 base units": "18446744073.709551616",
}
_NO_SLIPPAGE = _NO_NUMBER | {"too large": "0.51", "one": 1, "five": 5, "too fine": "0.00001"}

_NO_NAME = _NO_TEXT | _STRANGE | {"umlaut": "Jürgen", "non-breaking space": "a\u00a0b", "129 characters": "x" * 129}

_VALUES: dict[str, dict[str, Any]] = {
    "orderType": _NO_TEXT | _STRANGE | {"null": None, "limit": "limit", "capitals": "MARKET", "space": " market"},
    "type": _NO_TEXT | {"launch": "launch", "empty": ""},
    "tokenIn": _NO_TOKEN,
    "tokenOut": {
        "null": None,
        "empty": "",
        "unknown": "DOGE",
        "the same": "SOL",
        "the same by mint": "So11111111111111111111111111111111111111112",
    },
    "amountIn": _NO_AMOUNT,
    "slippage": _NO_SLIPPAGE,
    "slippageTolerance": {"true": True, "word": "much", "five": 5, "minus": "-0.01"},
    "minAmountOut": {"true": True, "word": "much", "minus": "-1", "huge exponent": "1e400", "too fine": "0.0000001"},
    "clientOrderId": _NO_NAME,
    "userId": {"empty": "", "null byte": "a\0", "half a surrogate pair": _HALF_PAIR, "number": 7},
}

_MISSHAPED: dict[str, dict[str, Any]] = {
    "nothing": {},
    **{f"no {name}": {key: value for key, value in GOOD.items() if key != name} for name in GOOD},
    **{
        f"unknown field {name[:20]!r}": GOOD | {name: 1}
        for name in ("", "x", "tokenin", "token_in", "amount", "__proto__", "\0", _HALF_PAIR, "\U0001f680", "k" * 9_999)
    },
    "order type twice": GOOD | {"orderType": "market", "type": "market"},
    "slippage twice": GOOD | {"slippage": "0.01", "slippageTolerance": "0.01"},
    "wrapped": {"order": GOOD},
}

ORDERS: dict[str, dict[str, Any]] = _MISSHAPED | {
    f"{field}: {name}": GOOD | {field: value} for field, values in _VALUES.items() for name, value in values.items()
}
