"""The commands of `orders`, and how their errors are printed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from orders_client.cli import follow, load, orders, rebuild_history, redrive, verify
from orders_client.cli.exits import EPILOG, exit_code, print_error
from orders_client.cli.shared import Setup
from orders_client.errors import OrdersError

_ORDERS = "Orders"
_OPERATION = "Operation"


class ReportingGroup(TyperGroup):
    """Commands whose errors are printed with their next step and end with an exit code of their own."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except OrdersError as error:
            setup: Setup = ctx.obj
            print_error(error, setup.err, as_json=setup.as_json)
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
def main(context: typer.Context, _version: Version = False) -> None:
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
    (_OPERATION, "metrics", orders.metrics),
    (_OPERATION, "health", orders.health),
    (_OPERATION, "redrive", redrive.redrive),
    (_OPERATION, "rebuild-history", rebuild_history.rebuild_history),
]

for panel, name, command in _COMMANDS:
    app.command(name, rich_help_panel=panel)(command)
