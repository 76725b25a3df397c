"""The commands of `orders`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from orders_client.cli import follow, identity, load, orders, sign_in, sign_out, verify
from orders_client.cli.exits import EPILOG
from orders_client.cli.shared import Setup
from orders_client.cli.terminal import new_app, version_option

_ORDERS = "Orders"
_ENGINE = "Engine"
_SIGN_IN = "Signing in"

app = new_app(EPILOG)


@app.callback()
def main(context: typer.Context, _version: Annotated[bool, version_option("orders")] = False) -> None:
    """Place and follow swap orders."""
    context.obj = context.obj or Setup()


_COMMANDS: list[tuple[str, str, Callable[..., None]]] = [
    (_ORDERS, "place", follow.place),
    (_ORDERS, "watch", follow.watch),
    (_ORDERS, "get", orders.get),
    (_ORDERS, "list", orders.list_orders),
    (_ORDERS, "history", orders.history),
    (_ORDERS, "cancel", orders.cancel),
    (_ORDERS, "verify", verify.verify),
    (_ORDERS, "load", load.load),
    (_ENGINE, "metrics", orders.metrics),
    (_ENGINE, "health", orders.health),
    (_SIGN_IN, "login", sign_in.login),
    (_SIGN_IN, "whoami", identity.whoami),
    (_SIGN_IN, "logout", sign_out.logout),
    (_SIGN_IN, "token", identity.token),
]

for panel, name, command in _COMMANDS:
    app.command(name, rich_help_panel=panel)(command)
