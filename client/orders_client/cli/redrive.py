"""`orders redrive`: look at the dead letters, and put them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from orders_client.api import DEFAULT_URL, OrdersClient
from orders_client.cli.dead_letters import Letter
from orders_client.cli.output import print_json, reason
from orders_client.cli.shared import Json, Setup, Token, Url, setup_of
from orders_client.errors import ApiError
from orders_client.models import Order


@dataclass(frozen=True, slots=True)
class Finding:
    """A dead letter, and what its order tells about it."""

    order_id: str | None
    body: str
    sent_at: datetime
    status: str
    why: str


def redrive(
    context: typer.Context,
    stack: Annotated[str, typer.Option(envvar="ORDERS_STACK", help="Name of the engine's stack.")] = "order-engine",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Put them back without asking.")] = False,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Show the dead letters and why they are there, ask, and have them processed again.

    An order is executed once, however often it is processed: one that has ended stays as it is, one whose transaction
    is signed is looked up. With --json nothing is asked: it only shows, unless --yes is given too.
    """
    setup = setup_of(context, as_json=as_json)
    queue = setup.dead_letters(stack)
    letters = queue.read()
    settle: Callable[[Letter], None] = queue.leave
    try:
        with setup.client(url, token) as client:
            findings = [_find(client, letter) for letter in letters]
        _show(setup, findings)
        if letters and (yes or (not as_json and typer.confirm(f"Put {len(letters)} back?", err=True))):
            settle = queue.put_back
    finally:  # also when interrupted: nobody else sees them as long as they are not settled
        for letter in letters:
            settle(letter)
    if settle == queue.put_back and not as_json:
        setup.out.print(f"{len(letters)} put back. See what becomes of them: orders watch --all, orders metrics")


def _find(client: OrdersClient, letter: Letter) -> Finding:
    status, why = "unknown", "The message is no wake-up call for an order; it will come back here."
    if letter.order_id is not None:
        try:
            order = client.get(letter.order_id)
        except ApiError as error:
            why = str(error)
        else:
            status, why = order.status.value, _why(order)
    return Finding(letter.order_id, letter.body, letter.sent_at, status, why)


def _why(order: Order) -> str:
    """Say what the order's events tell: processing that crashes leaves no event, only an order that does not go on."""
    if order.status.terminal:
        ended = f"ended since; {reason(order.error)}" if order.error else "ended since"
        return f"{ended}. Putting it back changes nothing."
    trouble = next((event.data["error"] for event in reversed(order.events) if "error" in event.data), None)
    last = f"{order.status.value} since {order.updated_at.astimezone():%Y-%m-%d %H:%M:%S}"
    return f"{last}, after {reason(trouble)}" if trouble else f"{last}; the logs of process_orders say why"


def _show(setup: Setup, findings: list[Finding]) -> None:
    if setup.as_json:
        for finding in findings:
            print_json(setup.out, finding)
    elif not findings:
        setup.out.print("No dead letters.")
    else:
        setup.out.print(_table(findings))


def _table(findings: list[Finding]) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 1))
    for name in ("order", "sent", "status", "why"):
        table.add_column(name, no_wrap=name != "why")
    for one in findings:
        subject = Text(one.order_id or one.body[:36])
        sent = f"{one.sent_at.astimezone():%Y-%m-%d %H:%M:%S}"
        table.add_row(subject, sent, one.status, Text(one.why))
    return table
