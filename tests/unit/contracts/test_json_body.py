"""JSON from clients: exact, unambiguous, of bounded size; and an error that says where."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from order_engine.contracts.json_body import (
    MAX_BODY_BYTES,
    BodyTooLarge,
    MalformedJson,
    UnsupportedMediaType,
    parse_object,
    require_json,
)


def refusal(text: str) -> MalformedJson:
    with pytest.raises(MalformedJson) as refused:
        parse_object(text)
    return refused.value


def test_an_object_is_read() -> None:
    read = parse_object(' {"tokenIn": "SOL", "nested": {"list": [1, null, true]}, "\\u00fc": "\\u0000"}\n')
    assert read == {"tokenIn": "SOL", "nested": {"list": [1, None, True]}, "ü": "\0"}


@pytest.mark.parametrize("number", ["0.1", "1e-9", "1.0", "1E400", "9007199254740993.000000001", "-0.0"])
def test_a_number_with_a_fraction_or_exponent_is_exact(number: str) -> None:
    value = parse_object(f'{{"n": {number}}}')["n"]
    assert isinstance(value, Decimal)
    assert value == Decimal(number)


def test_a_whole_number_is_exact() -> None:
    assert parse_object(f'{{"n": {2**64 + 1}}}') == {"n": 2**64 + 1}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *((text, "invalid_json") for text in ("", " ", "{", '{"a":}', "{'a':1}", '{"a":1,}', "nonsense", "{}{}", "\0")),
        *((f'{{"a": {constant}}}', "invalid_json") for constant in ("NaN", "Infinity", "-Infinity", "01", "1.", ".5")),
        *((f'{{"a": {number}}}', "invalid_json") for number in ("1" * 5_000, "-" + "1" * 5_000, "1e" + "9" * 30)),
        *((text, "invalid_json") for text in ("[" * 30_000, '{"a":' * 10_000, "[" * 30_000 + "]" * 30_000)),
        *((text, "duplicate_key") for text in ('{"a":1,"a":1}', '{"a":{"b":1,"b":2}}', '{"a":1,"\\u0061":2}')),
        *((text, "not_an_object") for text in ("[]", "1", '"text"', "null", "true", "[{}]")),
        ('{"a":"\n"}', "invalid_json"),
    ],
)
def test_anything_else_is_refused_with_a_stable_code(text: str, code: str) -> None:
    assert refusal(text).code == code


def test_the_error_says_where_it_is() -> None:
    assert "line 2, column 3" in str(refusal('{"a": 1,\n  }'))


def test_the_error_names_the_key_that_occurs_twice_but_not_all_of_it() -> None:
    key = "x" * 1_000
    told = str(refusal(f'{{"{key}": 1, "{key}": 2}}'))
    assert "xxx" in told
    assert len(told) < 200


@pytest.mark.parametrize("character", ["x", "ü", "€", "\U0001f600"])
def test_a_body_may_be_as_large_as_allowed_and_not_a_byte_larger(character: str) -> None:
    room = MAX_BODY_BYTES - len('{"a":""}')
    text = character * (room // len(character.encode()))
    filling = "x" * (room - len(text.encode()))
    assert parse_object(f'{{"a":"{text}{filling}"}}') == {"a": text + filling}
    with pytest.raises(BodyTooLarge):
        parse_object(f'{{"a":"{text}{filling}x"}}')


@pytest.mark.parametrize("text", ['{"a": "\\ud800"}', '{"\\udfff": 1}', '{"a": "\ud800"}'])
def test_half_a_surrogate_pair_is_kept(text: str) -> None:
    assert json.dumps(parse_object(text)).isascii()


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json", " application/json "],
)
def test_json_is_accepted_by_any_of_its_names(content_type: str) -> None:
    require_json(content_type, "identity")


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "json"]
)
def test_other_media_types_are_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        require_json(content_type, "identity")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip", ""])
def test_compressed_bodies_are_refused(encoding: str) -> None:
    with pytest.raises(UnsupportedMediaType, match="compressed"):
        require_json("application/json", encoding)
