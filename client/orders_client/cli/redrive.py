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
from orders_client.cli.dead_letters import DeadLetters, Letter
from orders_client.cli.output import print_json, reason
from orders_client.cli.shared import Json, Setup, Token, Url, setup_of
from orders_client.cli.stack import DEFAULT_STACK, StackName
from orders_client.errors import InvalidRequest, NotFound
from orders_client.models import Order

Action = Callable[[Letter], None]

POISON = "poison"
"""The status of letters that are about no order."""


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
    stack: StackName = DEFAULT_STACK,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Delete the letters that are about no order.")] = False,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Show the dead letters and why they are there, ask, and have them processed again.

    An order is executed once, however often it is processed: one that has ended stays as it is, one whose transaction
    is signed is looked up. Letters that are about no order (poison) would only come back, so they stay where they are,
    or are deleted with --drop. With --json nothing is asked: it only shows, unless --yes is given too.
    """
    setup = setup_of(context, as_json=as_json)
    queue = setup.dead_letters(stack, url)
    letters = queue.read()
    actions: list[Action] = [queue.leave] * len(letters)
    try:
        with setup.client(url, token) as client:
            findings = [_find(client, letter) for letter in letters]
        _show(setup, findings)
        actions = _decide(
            queue, findings, drop, lambda question: yes or (not as_json and typer.confirm(question, err=True))
        )
    finally:  # also when interrupted: nobody else sees them as long as they are not settled
        for letter, act in zip(letters, actions, strict=True):
            act(letter)
    if letters and not as_json:
        _tell(setup, actions.count(queue.put_back), actions.count(queue.drop), actions.count(queue.leave))


def _decide(queue: DeadLetters, findings: list[Finding], drop: bool, agreed: Callable[[str], bool]) -> list[Action]:
    """Return what to do with each letter."""
    poison = sum(finding.status == POISON for finding in findings)
    orders = len(findings) - poison
    with_orders = queue.put_back if orders and agreed(f"Put {orders} back?") else queue.leave
    dropped = drop and poison and agreed(f"Delete {poison} that are about no order, for good?")
    with_poison = queue.drop if dropped else queue.leave
    return [with_poison if finding.status == POISON else with_orders for finding in findings]


def _find(client: OrdersClient, letter: Letter) -> Finding:
    status, why = POISON, "It is no wake-up call for an order."
    if letter.order_id is not None:
        try:
            order = client.get(letter.order_id)
        except (NotFound, InvalidRequest) as error:
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


def _tell(setup: Setup, put_back: int, dropped: int, left: int) -> None:
    done = {"put back": put_back, "deleted": dropped, "left where they are": left}
    setup.out.print(", ".join(f"{number} {what}" for what, number in done.items() if number))
    if put_back:
        setup.out.print("See what becomes of them: orders get ID, orders metrics")


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
        subject = Text(one.body[:36] if one.status == POISON else one.order_id or "")
        sent = f"{one.sent_at.astimezone():%Y-%m-%d %H:%M:%S}"
        table.add_row(subject, sent, one.status, Text(one.why))
    return table
