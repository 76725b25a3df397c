"""Commands about who one is: whoami, token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from orders_client.api import DEFAULT_URL
from orders_client.auth.local_cloud import find_local_cloud
from orders_client.auth.password import sign_in_with_password
from orders_client.auth.tokens import Tokens, identity_of
from orders_client.cli.exits import ExitCode
from orders_client.cli.option_token import OptionToken
from orders_client.cli.output import facts_table, local_time
from orders_client.cli.shared import Json, Scope, Setup, Token, Url, check_address, setup_of


@dataclass(frozen=True, slots=True)
class Caller:
    """Who the commands act as at an engine, by the words of the access token.

    Args:
        authentication: the engine's mode.
        user_id: whose the orders are.
        source: where the token is from.
        renews: whether it is renewed when it expires.
    """

    engine: str
    authentication: str
    user: str | None = None
    user_id: str | None = None
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None
    source: str | None = None
    renews: bool = False


def whoami(context: typer.Context, url: Url = DEFAULT_URL, token: Token = None, as_json: Json = False) -> None:
    """Show who you are to the engine, what you may do, until when, and where that is from."""
    setup = setup_of(context, as_json=as_json)
    address = url.rstrip("/")
    mode = setup.sign_in_settings(address).mode
    if mode == "none":
        off = f"Authentication is off at {address}: everybody may do everything there."
        setup.show(Caller(address, mode), lambda _: off)
        return
    caller = _caller(setup, address, mode, token)
    setup.show(caller, _caller_table)
    if _has_expired(caller):
        raise typer.Exit(ExitCode.REFUSED)


def token(
    context: typer.Context,
    user: Annotated[str, typer.Option("--user", help="Who: alice, bob or olga.", show_default=False)],
    scope: Scope = None,
    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            envvar="ORDERS_URL",
            callback=check_address,
            help="Address of the engine.",
            show_default="the local cloud's",
        ),
    ] = None,
) -> None:
    """Print an access token of one of the local cloud's users. On the local cloud only.

    ORDERS_TOKEN=$(orders token --user alice) orders list
    """
    setup = setup_of(context)
    cloud = find_local_cloud(url)
    with setup.http() as http:
        tokens = sign_in_with_password(cloud, user, tuple((scope or "").split()), http)
    setup.out.out(tokens.access_token, highlight=False)


def _caller(setup: Setup, address: str, mode: str, token: str | None) -> Caller:
    if token:
        return _describe(address, mode, Tokens(token), OptionToken(token, address).source)
    tokens = setup.stored_credentials(address).valid_sign_in().tokens
    return _describe(address, mode, tokens, str(setup.store.path))


def _describe(address: str, mode: str, tokens: Tokens, source: str) -> Caller:
    identity = identity_of(tokens.access_token)
    return Caller(
        engine=address,
        authentication=mode,
        user=tokens.name or identity.name,
        user_id=identity.subject,
        scopes=identity.scopes,
        expires_at=tokens.expires_at or identity.expires_at,
        source=source,
        renews=bool(tokens.refresh_token),
    )


def _caller_table(caller: Caller) -> Table:
    until = local_time(caller.expires_at) or "unknown"
    if _has_expired(caller):
        until = f"[red]expired at {until}[/]"
    facts = {
        "user": caller.user or "unknown: the token does not say",
        "user id": caller.user_id or "unknown",
        "scopes": " ".join(caller.scopes) or "unknown",
        "until": f"{until}, then renewed" if caller.renews else until,
        "from": caller.source or "",
        "engine": caller.engine,
    }
    table = facts_table()
    for name, fact in facts.items():
        table.add_row(name, fact)
    return table


def _has_expired(caller: Caller) -> bool:
    return caller.expires_at is not None and caller.expires_at <= datetime.now(UTC)
