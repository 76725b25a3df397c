"""`orders login`: sign in, with the browser or as a program."""

from __future__ import annotations

import os
import webbrowser
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import typer

from orders_client.api import DEFAULT_URL
from orders_client.auth.authority import SignInSettings, discover
from orders_client.auth.browser import sign_in_with_browser
from orders_client.auth.client_credentials import machine_scopes
from orders_client.auth.confidentiality import require_confidential
from orders_client.auth.grants import AuthorizationRequest, Grants
from orders_client.auth.store import SavedSignIn
from orders_client.auth.stored_credentials import CLIENT_ID, CLIENT_SECRET
from orders_client.auth.tokens import identity_of
from orders_client.cli.option_token import VARIABLE
from orders_client.cli.output import local_time
from orders_client.cli.shared import Scope, Setup, Url, setup_of


def login(
    context: typer.Context,
    client_credentials: Annotated[
        bool,
        typer.Option("--client-credentials", help=f"As a program: {CLIENT_ID}, {CLIENT_SECRET}, or asked for."),
    ] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only show the address to open.")] = False,
    scope: Scope = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Sign in, so that the other commands do as you.

    Opens the browser at the sign-in page and waits until it comes back.

    The tokens are kept in a file that only you can read, and are renewed when they expire.
    """
    setup = setup_of(context)
    address = require_confidential(url.rstrip("/"))
    settings = setup.sign_in_settings(address)
    if settings.is_off:
        setup.out.print(f"Authentication is off at {address}: there is nothing to sign in to.", soft_wrap=True)
        return
    scopes = tuple(scope.split()) if scope else None
    with setup.http() as http:
        if client_credentials:
            saved = _as_program(http, settings, scopes)
        else:
            saved = _as_person(setup, http, settings, scopes, no_browser=no_browser)
    setup.store.update(address, lambda _: saved)
    _welcome(setup, address, saved)


def _as_person(
    setup: Setup, http: httpx.Client, settings: SignInSettings, scopes: tuple[str, ...] | None, *, no_browser: bool
) -> SavedSignIn:
    authority = discover(http, settings.authority)

    def send_to(request: AuthorizationRequest) -> None:
        opened = not no_browser and _opens(setup, request.url)
        port = urlsplit(request.redirect_uri).port
        setup.err.print("The browser opens. If it does not, go to:" if opened else "Open this in a browser:")
        setup.err.print(f"\n{request.url}\n", markup=False, soft_wrap=True)
        if not opened:
            tunnel = f"ssh -L {port}:localhost:{port} ..."
            setup.err.print(
                f"[dim]It comes back to port {port} here; from another machine: {tunnel}[/]", soft_wrap=True
            )
        setup.err.print(f"Waiting for you to sign in, {setup.sign_in_timeout / 60:g} minutes at most ...")

    tokens = sign_in_with_browser(
        http,
        settings,
        authority,
        scopes or settings.scopes,
        send_to,
        timeout=setup.sign_in_timeout,
        ports=setup.redirect_ports,
    )
    return SavedSignIn(tokens, settings.client_id or "", authority.token_endpoint, authority.revocation_endpoint)


def _as_program(http: httpx.Client, settings: SignInSettings, scopes: tuple[str, ...] | None) -> SavedSignIn:
    authority = discover(http, settings.authority)
    client_id = os.environ.get(CLIENT_ID) or typer.prompt("Client id", err=True)
    secret = os.environ.get(CLIENT_SECRET) or typer.prompt("Client secret", hide_input=True, err=True)
    scopes = scopes or machine_scopes(settings)
    tokens = Grants(http, authority.token_endpoint, client_id, secret).client_credentials(scopes)
    return SavedSignIn(tokens, client_id, authority.token_endpoint, authority.revocation_endpoint, scopes)


def _opens(setup: Setup, url: str) -> bool:
    try:
        return setup.open_browser(url)
    except webbrowser.Error:
        return False


def _welcome(setup: Setup, address: str, saved: SavedSignIn) -> None:
    identity = identity_of(saved.tokens.access_token)
    name = saved.tokens.name or identity.name or identity.subject
    setup.out.print(f"Signed in at {address}" + (f" as [bold]{name}[/]." if name else "."), soft_wrap=True)
    if saved.machine_scopes:
        until = local_time(saved.tokens.expires_at) or "it is refused"
        step = f"The token is good until {until}; then it takes {CLIENT_ID} and {CLIENT_SECRET} again."
        setup.err.print(f"[dim]The secret is not kept. {step}[/]", soft_wrap=True)
    if os.environ.get(VARIABLE):
        setup.err.print(f"{VARIABLE} is set, and goes before this: unset {VARIABLE}", soft_wrap=True)
