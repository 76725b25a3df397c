"""The commands of `orders-admin`."""

from __future__ import annotations

from typing import Annotated

import typer

from orders_admin.errors import aws_errors
from orders_admin.rebuild_history import rebuild_history
from orders_admin.redrive import redrive
from orders_admin.setup import AdminSetup
from orders_client.cli.terminal import new_app, version_option

app = new_app(
    "Exit codes: 0 done · 2 wrong usage · 4 AWS refused or can't be reached, or not everything was done ·"
    " 130 interrupted"
)


@app.callback()
def main(context: typer.Context, _version: Annotated[bool, version_option("orders-admin")] = False) -> None:
    """Operate a stack of the order engine. docs/runbook.md says which command is for which incident."""
    context.obj = context.obj or AdminSetup()


app.command("redrive")(aws_errors()(redrive))
app.command("rebuild-history")(aws_errors()(rebuild_history))
