"""`orders-admin redrive`: show the dead letters and why they are there, and redrive them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from order_engine.application.errors import DependencyUnavailable, OrderNotFound
from order_engine.application.ports import DeadLetter, OrderStore, RedrivableDeadLetters
from order_engine.domain.order import Order
from orders_admin.decisions import NOT_APPLIED, Action, NotApplied, Outcome, apply_decisions
from orders_admin.errors import reason
from orders_admin.letters import receive_letters
from orders_admin.ports import VISIBILITY_TIMEOUT
from orders_admin.setup import DEFAULT_STACK, AdminSetup, StackName, setup_of
from orders_client.api import DEFAULT_URL
from orders_client.cli.output import print_json
from orders_client.cli.shared import Json, Url

POISON = "poison"
"""The status of letters that are about no order."""

UNREADABLE = "unreadable"
"""The status of letters whose order can't be read."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A dead letter, its order's status, and why it is there."""

    order_id: str | None
    body: str
    sent_at: datetime
    status: str
    why: str


def redrive(
    context: typer.Context,
    stack: StackName = DEFAULT_STACK,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Delete poison: letters that are about no order.")] = False,
    url: Url = DEFAULT_URL,
    as_json: Json = False,
) -> None:
    """Show the dead letters and why they are there, ask, and redrive them to the order queue.

    A redrive is safe to repeat: an order that has ended stays as it is, and a signed transaction is looked up.
    Letters that are about no order (poison) would only come back: they stay, or are deleted with --drop.
    With --json nothing is asked: letters are only shown, unless --yes is given too.
    """
    setup = setup_of(context, as_json=as_json)
    ports = setup.redrive_ports(stack, url)
    queue = ports.dead_letters
    letters = receive_letters(ports)
    decisions: dict[str, Action] = {letter.message_id: queue.release for letter in letters}
    try:
        findings = {letter.message_id: _examine(ports.orders, letter) for letter in letters}
        _print_findings(setup, list(findings.values()), max(0, queue.count_in_flight() - len(letters)))
        decisions = _decide(
            queue, findings, drop, lambda question: yes or (not as_json and typer.confirm(question, err=True))
        )
    finally:  # also when interrupted: nobody else sees the letters until they are released
        outcome = apply_decisions(ports, decisions, letters)
    _print_outcome(setup, queue, decisions, outcome)


def _decide(
    queue: RedrivableDeadLetters, findings: dict[str, Finding], drop: bool, agreed: Callable[[str], bool]
) -> dict[str, Action]:
    """Return what to do with each letter, by its id."""
    poison = sum(finding.status == POISON for finding in findings.values())
    orders = len(findings) - poison
    with_orders = queue.redrive if orders and agreed(f"Redrive {orders}?") else queue.release
    delete = drop and poison and agreed(f"Delete {poison} that are about no order, for good?")
    with_poison = queue.delete if delete else queue.release
    return {key: with_poison if finding.status == POISON else with_orders for key, finding in findings.items()}


def _examine(orders: OrderStore, letter: DeadLetter) -> Finding:
    status, why = _status_and_why(orders, letter)
    return Finding(letter.order_id, letter.body, letter.sent_at, status, why)


def _status_and_why(orders: OrderStore, letter: DeadLetter) -> tuple[str, str]:
    if letter.order_id is None:
        return POISON, f"The message names no order: {letter.unreadable}."
    try:
        order = orders.load(letter.order_id)
    except OrderNotFound:
        return POISON, "There is no such order."
    except DependencyUnavailable:
        raise
    except Exception as error:  # an item that no code can read makes dead letters, and must not hide the others
        return UNREADABLE, f"The order can't be read: {error!r}"
    return order.status.value, _why(order)


def _why(order: Order) -> str:
    """Explain a letter by its order: processing that crashes leaves no event, only an order that does not go on."""
    if order.status.terminal:
        return "The order has ended since. Redriving the letter changes nothing."
    return f"The order does not go on after event {order.version}; the logs of process_orders say why."


def _print_outcome(
    setup: AdminSetup, queue: RedrivableDeadLetters, decisions: dict[str, Action], outcome: Outcome
) -> None:
    """Print what was done. Raises `NotApplied` where it is not what was decided."""
    redriven, deleted = outcome.count(queue.redrive), outcome.count(queue.delete)
    left = len(decisions) - redriven - deleted
    if outcome.received_again:
        slow = (
            f"After more than {VISIBILITY_TIMEOUT} seconds the letters were visible again and had to be received again."
        )
        setup.err.print(slow, soft_wrap=True)
    if decisions and not setup.as_json:
        done = {"redriven": redriven, "deleted": deleted, "left": left}
        setup.out.print(", ".join(f"{number} {what}" for what, number in done.items() if number))
        if redriven:
            setup.out.print("Follow them: orders get ID, orders metrics")
    missed = left - list(decisions.values()).count(queue.release)
    if missed or outcome.failures:
        raise NotApplied(f"{missed} not handled as decided. {_reasons(outcome)}", NOT_APPLIED)


def _reasons(outcome: Outcome) -> str:
    others = "Their visibility timeout ended first, or somebody else has received them."
    return " ".join(sorted({reason(error) for error in outcome.failures})) or others


def _print_findings(setup: AdminSetup, findings: list[Finding], in_flight: int) -> None:
    if setup.as_json:
        for finding in findings:
            print_json(setup.out, finding)
    elif findings:
        setup.out.print(_table(findings))
    else:
        setup.out.print("No visible dead letters." if in_flight else "No dead letters.")
    if in_flight:
        setup.err.print(
            f"{in_flight} more in flight: close_dead_letters has received them, as it does each minute, or another"
            f" operator has. Look again in a minute; after {VISIBILITY_TIMEOUT // 60} they are visible in any case.",
            soft_wrap=True,
        )


def _table(findings: list[Finding]) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 1))
    for name in ("order", "sent", "status", "why"):
        table.add_column(name, no_wrap=name != "why")
    for finding in findings:
        subject = Text(finding.body[:36] if finding.status == POISON else finding.order_id or "")
        sent = f"{finding.sent_at.astimezone():%Y-%m-%d %H:%M:%S}"
        table.add_row(subject, sent, finding.status, Text(finding.why))
    return table
