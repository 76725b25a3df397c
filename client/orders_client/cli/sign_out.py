"""`orders logout`."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import typer

from orders_client.api import DEFAULT_URL
from orders_client.auth.grants import Grants
from orders_client.auth.store import SavedSignIn
from orders_client.cli.option_token import VARIABLE
from orders_client.cli.output import local_time
from orders_client.cli.shared import Setup, Url, setup_of
from orders_client.errors import OrdersError


def logout(context: typer.Context, url: Url = DEFAULT_URL) -> None:
    """Sign out: delete the tokens here, and revoke the refresh token where the sign-in service can."""
    setup = setup_of(context)
    address = url.rstrip("/")
    saved = setup.store.get(address)
    if saved is None:
        setup.out.print(f"You are not signed in at {address}.", soft_wrap=True)
    else:
        setup.store.update(address, lambda _: None)
        setup.out.print(f"Signed out at {address}. {_revoke(setup, saved)}".rstrip(), soft_wrap=True)
        _say_what_remains(setup, saved)
    if os.environ.get(VARIABLE):
        setup.err.print(f"{VARIABLE} is set, and the commands still use it: unset {VARIABLE}", soft_wrap=True)


def _revoke(setup: Setup, saved: SavedSignIn) -> str:
    """Revoke the refresh token where that can be done, and return what to say about it."""
    if not saved.tokens.refresh_token:
        return ""
    if not saved.revocation_endpoint:
        return "The sign-in service revokes no tokens: the refresh token, deleted here, ends by itself."
    try:
        with setup.http() as http:
            grants = Grants(http, saved.token_endpoint, saved.client_id)
            grants.revoke(saved.revocation_endpoint, saved.tokens.refresh_token)
    except OrdersError as error:
        return f"The refresh token is deleted here, but was not revoked: {error}"
    return "The refresh token is revoked."


def _say_what_remains(setup: Setup, saved: SavedSignIn) -> None:
    if not saved.tokens.have_expired:
        until = local_time(saved.tokens.expires_at)
        setup.err.print(f"[dim]A copy of the access token would be good until {until}.[/]", soft_wrap=True)
    if not saved.machine_scopes:
        host = urlsplit(saved.token_endpoint).netloc
        setup.err.print(
            f"[dim]Your browser may still be signed in at {host}: sign out there, or on the engine's page.[/]",
            soft_wrap=True,
        )
