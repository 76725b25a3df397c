"""Tokens and tickets must never be logged: which tickets tests have had, and what there is in the logs of a cloud."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import httpx

from local.cloud import LocalCloud

TOKEN = re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*")
"""A JWT: three parts in base64url, of which the first is a JSON object's, and the last is empty if it is not signed."""
TICKET = re.compile(r"""\bticket\b[\\"']*\s*[=:]\s*[\\"']*([\w-]{43})(?![\w-])""")
"""A ticket in JSON, also in JSON within JSON, or in a query."""
LOGS = ("functions.log", "proxy.log", "ministack.log")

seen_tickets: set[str] = set()


def note_tickets(answer: httpx.Response) -> None:
    """Remember the tickets in an answer; a hook for clients of the HTTP API."""
    answer.read()
    seen_tickets.update(TICKET.findall(answer.text))


def secrets_in_logs(cloud: LocalCloud) -> list[str]:
    """Return the lines of a cloud's logs that have a token or a ticket in them."""
    return [
        f"{name}: {line}"
        for name in LOGS
        for line in secrets_in((cloud.settings.state_dir / name).read_text(errors="replace"), seen_tickets)
    ]


def secrets_in(text: str, tickets: Collection[str]) -> Iterator[str]:
    """Yield the lines with a token, with something named a ticket, or with one of these tickets."""
    for line in text.splitlines():
        if TOKEN.search(line) or TICKET.search(line) or any(ticket in line for ticket in tickets):
            yield line
