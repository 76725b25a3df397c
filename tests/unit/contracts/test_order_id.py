"""Order ids from outside: UUIDs in the form in which they were handed out, and nothing else."""

from __future__ import annotations

import pytest

from order_engine.contracts.order_id import MalformedOrderId, parse_order_id

ID = "0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"


@pytest.mark.parametrize("text", [ID, ID.upper(), "00000000-0000-0000-0000-000000000000"])
def test_an_id_is_read_in_any_case(text: str) -> None:
    assert parse_order_id(text) == text.lower()


@pytest.mark.parametrize(
    "text",
    [
        *("", "42", "undefined", "null", ID[:-1], ID + "0", f" {ID}", f"{ID}\n", f"{{{ID}}}", f"urn:uuid:{ID}"),
        *(
            ID.replace("-", ""),
            ID.replace("a", "g"),
            ID.replace("0", "\u0660"),
            ID.replace("0", "_", 1),
            "\0",
            "x" * 9999,
        ),
        *("../../etc/passwd", "' OR 1=1 --", ID.replace("-", "\u2010"), "\ud800"),
    ],
)
def test_anything_else_is_refused_and_the_field_named(text: str) -> None:
    with pytest.raises(MalformedOrderId) as refused:
        parse_order_id(text, "id")
    assert [(error.field, error.code) for error in refused.value.errors] == [("id", "invalid_order_id")]
