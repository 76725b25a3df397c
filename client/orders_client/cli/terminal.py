"""What the command lines `orders` and `orders-admin` share: consoles, errors with exit codes, `--version`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, TypeVar

import typer
from rich.console import Console, RenderableType
from typer.core import TyperGroup

from orders_client.cli.exits import exit_code, print_error
from orders_client.cli.output import print_json
from orders_client.errors import OrdersError

T = TypeVar("T")


def _standard_output() -> Console:
    """Return a console; where standard output is no terminal, lines are not cut at 80 columns."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 250)


@dataclass(slots=True)
class Terminal:
    """Consoles of a command.

    Args:
        out: for results.
        err: for errors and hints.
        as_json: whether the command was asked for JSON.
    """

    out: Console = field(default_factory=_standard_output)
    err: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))
    as_json: bool = False

    def show(self, value: T, render: Callable[[T], RenderableType]) -> None:
        """Print an answer."""
        if self.as_json:
            print_json(self.out, value)
        else:
            self.out.print(render(value))


class ReportingGroup(TyperGroup):
    """Commands whose errors are printed with their next step and end with an exit code of their own."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except OrdersError as error:
            terminal: Terminal = ctx.obj
            print_error(error, terminal.err, as_json=terminal.as_json)
            raise typer.Exit(exit_code(error)) from error


def new_app(epilog: str) -> typer.Typer:
    """Return an app without commands."""
    return typer.Typer(
        cls=ReportingGroup,
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_show_locals=False,
        epilog=epilog,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def version_option(program: str) -> Any:
    """Return the option that prints the program's name with the package's version."""

    def print_version(asked: bool) -> None:
        if asked:
            typer.echo(f"{program} {version('order-engine')}")
            raise typer.Exit

    return typer.Option("--version", callback=print_version, is_eager=True, help="Show the version.")
