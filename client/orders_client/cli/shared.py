"""Options that commands share, and `Setup`: consoles and connections."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, TypeVar, cast
from urllib.parse import urlsplit, urlunsplit

import httpx
import typer
from rich.console import Console, RenderableType

from orders_client.api import OrdersClient
from orders_client.cli.dead_letters import DeadLetters, dead_letters_of
from orders_client.cli.history_copy import HistoryCopy, history_copy_of
from orders_client.cli.output import print_json
from orders_client.connection import Timing
from orders_client.retries import Retries
from orders_client.stream import OrderStream
from orders_client.transport import Connect

T = TypeVar("T")

Url = Annotated[str, typer.Option("--url", envvar="ORDERS_URL", help="Address of the engine.", show_default=True)]
StreamUrl = Annotated[
    str | None,
    typer.Option(
        "--ws-url",
        envvar="ORDERS_WS_URL",
        help="Address of its stream.",
        show_default="what the engine answers, else /ws at its address",
    ),
]
Token = Annotated[
    str | None,
    typer.Option("--token", envvar="ORDERS_TOKEN", help="Bearer token, where one is needed.", show_default=False),
]
User = Annotated[
    str | None, typer.Option("--user", help="Whose orders; only where authentication is off.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, one object a line; nothing else.")]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", min=0, help="Seconds to wait for the end of orders.", show_default="for ever"),
]
OrderId = Annotated[str, typer.Argument(metavar="ID", help="The order's id.", show_default=False)]


def _standard_output() -> Console:
    """Return a console; where standard output is no terminal, lines are not cut at 80 columns."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 250)


@dataclass(slots=True)
class Setup:
    """Consoles, and how to reach the engine; tests bring their own.

    Args:
        out: for results.
        err: for errors and hints.
        as_json: whether the command at work was asked for JSON.
        transport: carries HTTP requests.
        connect: opens the stream's connections.
        retries: how often to retry over HTTP.
        timing: the time-outs of the stream.
        dead_letters: gives those of a stack, and of the engine at an address.
        history_copy: does the same with what a history is rebuilt from.
    """

    out: Console = field(default_factory=_standard_output)
    err: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))
    as_json: bool = False
    transport: httpx.BaseTransport | None = None
    connect: Connect | None = None
    retries: Retries | None = None
    timing: Timing | None = None
    dead_letters: Callable[[str, str], DeadLetters] = dead_letters_of
    history_copy: Callable[[str, str], HistoryCopy] = history_copy_of

    def show(self, value: T, render: Callable[[T], RenderableType]) -> None:
        """Print an answer."""
        if self.as_json:
            print_json(self.out, value)
        else:
            self.out.print(render(value))

    def client(self, url: str, token: str | None) -> OrdersClient:
        """Return a client of the HTTP API."""
        return OrdersClient(url, token=token, transport=self.transport, retries=self.retries)

    def stream(self, url: str, token: str | None, user_id: str | None = None) -> OrderStream:
        """Return a stream, not yet connected."""
        return OrderStream(url, token=token, user_id=user_id, connect=self.connect, timing=self.timing)


def setup_of(context: typer.Context, *, as_json: bool = False) -> Setup:
    """Return the command's setup."""
    setup = cast(Setup, context.find_root().obj)
    setup.as_json = as_json
    return setup


def stream_url(url: str, given: str | None) -> str:
    """Return the stream's address: the one given, else /ws where the engine is, as on the local cloud."""
    if given:
        return given
    parts = urlsplit(url)
    scheme = {"https": "wss"}.get(parts.scheme, "ws")
    return urlunsplit((scheme, parts.netloc, f"{parts.path.rstrip('/')}/ws", "", ""))
