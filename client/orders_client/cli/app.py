"""The command line: its commands, and how errors leave it."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from orders_client.cli import follow, load, orders, rebuild_history, redrive, verify
from orders_client.cli.exits import EPILOG, exit_code, report
from orders_client.cli.shared import Setup
from orders_client.errors import OrdersError

_USE = "Orders"
_OPERATE = "Operation"


class ReportingGroup(TyperGroup):
    """Commands whose errors are told with their next step, and end with an exit code of their own."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except OrdersError as error:
            setup: Setup = ctx.obj
            report(error, setup.err, as_json=setup.as_json)
            raise typer.Exit(exit_code(error)) from error


app = typer.Typer(
    cls=ReportingGroup,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"orders {version('order-engine')}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")]


@app.callback()
def begin(context: typer.Context, _version: Version = False) -> None:
    """Place and follow swap orders."""
    context.obj = context.obj or Setup()


_COMMANDS: list[tuple[str, str, Callable[..., None]]] = [
    (_USE, "place", follow.place),
    (_USE, "watch", follow.watch),
    (_USE, "get", orders.get),
    (_USE, "list", orders.list_orders),
    (_USE, "history", orders.history),
    (_USE, "cancel", orders.cancel),
    (_USE, "verify", verify.verify),
    (_USE, "load", load.load),
    (_OPERATE, "metrics", orders.metrics),
    (_OPERATE, "health", orders.health),
    (_OPERATE, "redrive", redrive.redrive),
    (_OPERATE, "rebuild-history", rebuild_history.rebuild_history),
]

for panel, name, command in _COMMANDS:
    app.command(name, rich_help_panel=panel)(command)
