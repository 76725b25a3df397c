"""`AdminSetup`: consoles, and how the operators' commands reach a stack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast

import typer

from orders_admin.aws import history_backfill_of, redrive_ports_of
from orders_admin.ports import HistoryBackfill, RedrivePorts
from orders_client.cli.terminal import Terminal

DEFAULT_STACK = "order-engine"

StackName = Annotated[str, typer.Option("--stack", envvar="ORDERS_STACK", help="Name of the engine's stack.")]


@dataclass(slots=True)
class AdminSetup(Terminal):
    """A terminal, and the ports; tests bring their own.

    Args:
        redrive_ports: returns the dead letters and the orders of a stack, of the engine at an address.
        history_backfill: returns the history backfill of the same.
    """

    redrive_ports: Callable[[str, str], RedrivePorts] = redrive_ports_of
    history_backfill: Callable[[str, str], HistoryBackfill] = history_backfill_of


def setup_of(context: typer.Context, *, as_json: bool = False) -> AdminSetup:
    """Return the command's setup."""
    setup = cast(AdminSetup, context.find_root().obj)
    setup.as_json = as_json
    return setup
