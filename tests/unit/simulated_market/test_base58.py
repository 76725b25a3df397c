from __future__ import annotations

import pytest

from order_engine.adapters.simulated_market.base58 import encode


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"", ""), (b"\0\0a", "112g"), (b"\0\0", "11"), (b"simply a long string", "2cFupjhnEsSn59qHXstmK2ffpLv2")],
)
def test_agrees_with_bitcoins_test_vectors(data: bytes, text: str) -> None:
    assert encode(data) == text
