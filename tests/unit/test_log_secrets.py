"""What the tests on a local cloud look for in its logs, and find if it is there."""

from __future__ import annotations

import jwt
import pytest

from tests.support.secrets import secrets_in

SECRET = "a secret of at least thirty-two bytes, for HS256"
TICKET = "vJ3r-_0pQmV5cT7hYk2dLw9xZs4eGb6nUa1fRi8oXtM"


@pytest.mark.parametrize(
    "line",
    [
        jwt.encode({"sub": "alice"}, SECRET),
        f"Authorization: Bearer {jwt.encode({'sub': 'alice'}, SECRET)}",
        jwt.encode({"sub": "alice"}, "", algorithm="none"),
        f'{{"ticket": "{TICKET}"}}',
        f"'ticket': '{TICKET}'",
        f"GET /ws?orderId=1&ticket={TICKET} 101",
        f'\\"ticket\\":\\"{TICKET}\\"',
    ],
)
def test_a_token_or_a_ticket_is_found(line: str) -> None:
    assert list(secrets_in(f"before\n{line}\nafter", ())) == [line]


def test_a_ticket_is_found_without_its_name() -> None:
    assert list(secrets_in(f"some {TICKET} here", {TICKET})) == [f"some {TICKET} here"]


@pytest.mark.parametrize(
    "line",
    [
        '{"message": "connection refused", "reason": "The ticket is none."}',
        "order 01a1fc59-121a-7ddb-8732-cd9cdb1aed2f",
        "ticketHash 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_nothing_else_is(line: str) -> None:
    assert list(secrets_in(line, {TICKET})) == []
