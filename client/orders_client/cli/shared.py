"""Options that commands share, and `Setup`: consoles and connections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast
from urllib.parse import urlsplit, urlunsplit

import httpx
import typer

from orders_client.api import OrdersClient
from orders_client.cli.terminal import Terminal
from orders_client.connection import Timing
from orders_client.retries import Retries
from orders_client.stream import OrderStream
from orders_client.transport import Connect

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


@dataclass(slots=True)
class Setup(Terminal):
    """A terminal, and how to reach the engine; tests bring their own.

    Args:
        transport: carries HTTP requests.
        connect: opens the stream's connections.
        retries: how often to retry over HTTP.
        timing: the time-outs of the stream.
    """

    transport: httpx.BaseTransport | None = None
    connect: Connect | None = None
    retries: Retries | None = None
    timing: Timing | None = None

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
