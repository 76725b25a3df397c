"""Options that commands share, and `Setup`: consoles and connections."""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, cast
from urllib.parse import urlsplit, urlunsplit

import httpx
import typer

from orders_client.api import DEFAULT_URL, OrdersClient
from orders_client.auth.authority import SignInSettings, sign_in_settings
from orders_client.auth.credentials import Credentials
from orders_client.auth.loopback import PORTS
from orders_client.auth.store import TokenStore
from orders_client.auth.stored_credentials import StoredCredentials
from orders_client.cli.option_token import OptionToken
from orders_client.cli.terminal import Terminal
from orders_client.connection import Timing
from orders_client.retries import Retries
from orders_client.stream import OrderStream
from orders_client.transport import Connect


def check_address(address: str | None) -> str | None:
    """Return the address that was given. Raises `BadParameter` where its host or port can't be read."""
    try:
        httpx.URL(address or "")
        _ = urlsplit(address or "").port
    except (httpx.InvalidURL, ValueError) as error:
        raise typer.BadParameter(f"{address!r} is no address: {error}") from error
    return address


Url = Annotated[
    str,
    typer.Option(
        "--url", envvar="ORDERS_URL", callback=check_address, help="Address of the engine.", show_default=True
    ),
]
StreamUrl = Annotated[
    str | None,
    typer.Option(
        "--ws-url",
        envvar="ORDERS_WS_URL",
        callback=check_address,
        help="Address of its stream.",
        show_default="what the engine answers, else /ws at its address",
    ),
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="ORDERS_TOKEN",
        help="Access token.",
        show_default="what orders login keeps, where it is needed",
    ),
]
Scope = Annotated[
    str | None,
    typer.Option(
        "--scope", metavar="SCOPES", help="What to ask for, separated by spaces.", show_default="what the engine names"
    ),
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
        store: where sign-ins are kept.
        open_browser: opens an address and returns whether it could.
        redirect_ports: where it may come back.
        sign_in_timeout: how many seconds signing in may take.
    """

    transport: httpx.BaseTransport | None = None
    connect: Connect | None = None
    retries: Retries | None = None
    timing: Timing | None = None
    store: TokenStore = field(default_factory=TokenStore)
    open_browser: Callable[[str], bool] = webbrowser.open
    redirect_ports: tuple[int, ...] = PORTS
    sign_in_timeout: float = 300.0

    def credentials(self, url: str, token: str | None) -> Credentials:
        """Return the token that was given, else the sign-in that is kept for this engine."""
        if token:
            return OptionToken(token, url)
        return self.stored_credentials(url)

    def stored_credentials(self, url: str) -> StoredCredentials:
        """Return the sign-in that is kept for this engine, if there is one."""
        return StoredCredentials(url.rstrip("/"), self.store, sign_in_command(url), self.transport)

    def client(self, url: str, credentials: Credentials | str | None) -> OrdersClient:
        """Return a client of the HTTP API; what was given as `--token` will do as credentials."""
        if credentials is None or isinstance(credentials, str):
            credentials = self.credentials(url, credentials)
        return OrdersClient(url, token=credentials, transport=self.transport, retries=self.retries)

    def http(self) -> httpx.Client:
        """Return a client for signing in."""
        return httpx.Client(transport=self.transport, timeout=10)

    def sign_in_settings(self, url: str) -> SignInSettings:
        """Ask the engine how to sign in."""
        with self.http() as http:
            return sign_in_settings(http, url.rstrip("/"))

    def stream(self, url: str, credentials: Credentials, user_id: str | None = None) -> OrderStream:
        """Return a stream, not yet connected."""
        return OrderStream(url, token=credentials, user_id=user_id, connect=self.connect, timing=self.timing)


def setup_of(context: typer.Context, *, as_json: bool = False) -> Setup:
    """Return the command's setup."""
    setup = cast(Setup, context.find_root().obj)
    setup.as_json = as_json
    return setup


def sign_in_command(url: str) -> str:
    """Return what to type in order to sign in at an engine."""
    needs_no_address = url in (DEFAULT_URL, os.environ.get("ORDERS_URL"))
    return "orders login" if needs_no_address else f"orders login --url {url}"


def stream_url(url: str, given: str | None) -> str:
    """Return the stream's address: the one given, else /ws where the engine is, as on the local cloud."""
    if given:
        return given
    parts = urlsplit(url)
    scheme = {"https": "wss"}.get(parts.scheme, "ws")
    return urlunsplit((scheme, parts.netloc, f"{parts.path.rstrip('/')}/ws", "", ""))
