"""Bodies that are no JSON object, or not one that can be trusted."""

from __future__ import annotations

import codecs
import gzip
import json

GOOD = {"tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1.5"}
"""An order that would be accepted; every case spoils it in one way."""

_GOOD = json.dumps(GOOD)
_REST = _GOOD[1:]

SYNTAX: dict[str, str] = {
    "empty": "",
    "space": " \n\t",
    "a word": "order",
    "unquoted keys": "{tokenIn: 'SOL'}",
    "single quotes": _GOOD.replace('"', "'"),
    "trailing comma": _GOOD[:-1] + ",}",
    "leading comma": "{," + _REST,
    "two commas": _GOOD.replace(", ", ",, ", 1),
    "no colon": '{"tokenIn" "SOL"}',
    "two colons": '{"tokenIn":: "SOL"}',
    "key only": '{"tokenIn"}',
    "value missing": '{"tokenIn": }',
    "number as key": '{1: "SOL"}',
    "not closed": _GOOD[:-1],
    "closed twice": _GOOD + "}",
    "closed by the wrong bracket": _GOOD[:-1] + "]",
    "string not closed": '{"tokenIn": "SOL}',
    "two objects": _GOOD + _GOOD,
    "two lines of objects": f"{_GOOD}\n{_GOOD}",
    "followed by a word": _GOOD + " and more",
    "followed by a null byte": _GOOD + "\0",
    "null byte before": "\0" + _GOOD,
    "null byte between": _GOOD.replace(", ", ",\0", 1),
    "null byte in a string": _GOOD.replace("SOL", "S\0L"),
    "control character in a string": _GOOD.replace("SOL", "S\x01L"),
    "newline in a string": _GOOD.replace("SOL", "S\nL"),
    "tab in a string": _GOOD.replace("SOL", "S\tL"),
    "bad escape": _GOOD.replace("SOL", "S\\xL"),
    "unfinished escape": _GOOD.replace("SOL", "\\"),
    "unfinished unicode escape": _GOOD.replace("SOL", "\\u12"),
    "comment": "/* order */" + _GOOD,
    "line comment": "// order\n" + _GOOD,
    "hash comment": "# order\n" + _GOOD,
    "callback": f"place({_GOOD})",
    "protected": ")]}',\n" + _GOOD,
    "JavaScript": "({}).constructor",
    "Python": "{'tokenIn': None}",
    "True": '{"tokenIn": True}',
    "undefined": '{"tokenIn": undefined}',
    "NaN": '{"amountIn": NaN, ' + _REST,
    "Infinity": '{"amountIn": Infinity}',
    "-Infinity": '{"amountIn": -Infinity}',
    "nan": '{"amountIn": nan}',
    "hexadecimal": '{"amountIn": 0x10}',
    "octal": '{"amountIn": 010}',
    "plus": '{"amountIn": +1}',
    "no digit before the point": '{"amountIn": .5}',
    "no digit after the point": '{"amountIn": 5.}',
    "no digit in the exponent": '{"amountIn": 1e}',
    "two points": '{"amountIn": 1.2.3}',
    "minus only": '{"amountIn": -}',
    "thousands": '{"amountIn": 1_000}',
    "decimal comma": '{"amountIn": 1,5}',
    "5,000 digits": f'{{"amountIn": {"9" * 5_000}}}',
    "60,000 digits": f'{{"amountIn": {"9" * 60_000}}}',
    "60,000 decimals": f'{{"amountIn": 0.{"9" * 60_000}}}',
    "exponent of 20 digits": f'{{"amountIn": 1e{"9" * 20}}}',
    "exponent of 1,000 digits": f'{{"amountIn": 1e{"9" * 1_000}}}',
    "negative exponent of 20 digits": f'{{"amountIn": 1e-{"9" * 20}}}',
    "zero with an exponent of 20 digits": f'{{"amountIn": 0e{"9" * 20}}}',
    "XML": "<order><tokenIn>SOL</tokenIn></order>",
    "XML entities": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    "YAML": "tokenIn: SOL\ntokenOut: USDC\namountIn: 1.5\n",
    "form": "tokenIn=SOL&tokenOut=USDC&amountIn=1.5",
}

_DEPTHS = (3, 10, 64, 100, 127, 128, 200, 255, 500, 900, 990, 1_000, 1_024, 2_000, 5_000, 10_000, 30_000)
"""Around the limits that parsers have, and far beyond."""


def _nested(depth: int) -> dict[str, str]:
    arrays, objects = "[" * depth, '{"a":' * depth
    return {
        "arrays, left open": arrays,
        "arrays": arrays + "]" * depth,
        "objects": objects + "1" + "}" * depth,
        "objects in arrays": '[{"a":' * depth + "1" + "}]" * depth,
        "arrays in a field": f'{{"amountIn": {arrays}{"]" * depth}}}',
        "objects in an unknown field": f'{{"x": {objects}1{"}" * depth}, {_REST}',
        "arrays in an id": f'{{"orderId": {arrays}"1"{"]" * depth}}}',
    }


NESTED: dict[str, str] = {
    f"nested, {depth:,} {shape}": text for depth in _DEPTHS for shape, text in _nested(depth).items()
}

ROOTS: dict[str, str] = {
    name: name for name in ("null", "true", "false", "0", "-0", "1.5", "1e400", '""', '"order"', "[]", "[[]]", "[null]")
} | {"array of orders": f"[{_GOOD}]", "an order in a string": json.dumps(_GOOD)}

DUPLICATES: dict[str, str] = {
    "duplicate key": '{"amountIn": "1", ' + _REST,
    "duplicate key, same value": '{"tokenIn": "SOL", ' + _REST,
    "duplicate key, escaped": '{"token\\u0049n": "USDC", ' + _REST,
    "duplicate empty key": '{"": 1, "": 2, ' + _REST,
    "duplicate key with a null byte": '{"\\u0000": 1, "\\u0000": 2}',
    "duplicate key with half a surrogate pair": '{"\\ud800": 1, "\\ud800": 2}',
    "10,000 duplicate keys": "{" + ",".join(['"a":1'] * 10_000) + "}",
}

SIZES: dict[str, str] = {
    "5,000 unknown keys": json.dumps({f"k{number}": 1 for number in range(5_000)}),
    "one byte too large": json.dumps({"x": "y" * (64 * 1024 - 8)}),
    "far too large": json.dumps(GOOD | {"x": "y" * 1_000_000}),
    "padded with space": _GOOD + " " * 65_536,
    "large in UTF-8 only": json.dumps({"x": "\U0001f680" * 20_000}, ensure_ascii=False),
    "a key of 60,000 letters": json.dumps({"k" * 60_000: 1}),
}

TEXTS: dict[str, str] = SYNTAX | NESTED | ROOTS | DUPLICATES | SIZES
"""Everything that can be sent as text."""

BYTES: dict[str, bytes] = {
    "byte order mark": codecs.BOM_UTF8 + _GOOD.encode(),
    "UTF-16": _GOOD.encode("utf-16"),
    "UTF-16, big endian, no mark": _GOOD.encode("utf-16-be"),
    "UTF-32": _GOOD.encode("utf-32"),
    "Latin-1": '{"tokenIn": "SÖL"}'.encode("latin-1"),
    "lone continuation byte": _GOOD.encode().replace(b"SOL", b"\x80"),
    "overlong slash": _GOOD.encode().replace(b"SOL", b"\xc0\xaf"),
    "overlong null": _GOOD.encode().replace(b"SOL", b"\xc0\x80"),
    "surrogate in UTF-8": _GOOD.encode().replace(b"SOL", b"\xed\xa0\x80"),
    "beyond Unicode": _GOOD.encode().replace(b"SOL", b"\xf5\x80\x80\x80"),
    "cut off in a character": _GOOD.encode().replace(b"SOL", b"\xe2\x82"),
    "all bytes": bytes(range(256)),
    "null bytes": bytes(1_000),
    "gzip, not declared": gzip.compress(_GOOD.encode(), mtime=0),
    "gzip bomb, not declared": gzip.compress(bytes(10_000_000), mtime=0),
    "JPEG": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "protocol buffer": b"\x0a\x03SOL\x12\x04USDC\x1a\x031.5",
    "MessagePack": b"\x83\xa7tokenIn\xa3SOL\xa8tokenOut\xa4USDC\xa8amountIn\xa31.5",
}
"""What is no text at all, or none in UTF-8."""
