"""`orders redrive`: look at the dead letters, and put them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from orders_client.api import DEFAULT_URL
from orders_client.cli.dead_letters import LOOK_FOR, DeadLetters, Letter, StoredOrder
from orders_client.cli.output import print_json
from orders_client.cli.settle import NEXT_STEP, Action, NotSettled, Settled, settle
from orders_client.cli.shared import Json, Setup, Url, setup_of
from orders_client.cli.stack import DEFAULT_STACK, StackName
from orders_client.models import Status

POISON = "poison"
"""The status of letters that are about no order."""

_TERMINAL = {status.value for status in Status if status.terminal}


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
    decided: dict[str, Action] = {letter.id: queue.leave for letter in letters}
    try:
        findings = {letter.id: _find(queue, letter) for letter in letters}
        _show(setup, list(findings.values()), max(0, queue.hidden() - len(letters)))
        decided = _decide(
            queue, findings, drop, lambda question: yes or (not as_json and typer.confirm(question, err=True))
        )
    finally:  # also when interrupted: nobody else sees them as long as they are not settled
        settled = settle(queue, decided, letters)
    _tell(setup, queue, decided, settled)


def _decide(
    queue: DeadLetters, findings: dict[str, Finding], drop: bool, agreed: Callable[[str], bool]
) -> dict[str, Action]:
    """Return what to do with each letter, by its id."""
    poison = sum(finding.status == POISON for finding in findings.values())
    orders = len(findings) - poison
    with_orders = queue.put_back if orders and agreed(f"Put {orders} back?") else queue.leave
    dropped = drop and poison and agreed(f"Delete {poison} that are about no order, for good?")
    with_poison = queue.drop if dropped else queue.leave
    return {key: with_poison if finding.status == POISON else with_orders for key, finding in findings.items()}


def _find(queue: DeadLetters, letter: Letter) -> Finding:
    order = queue.order(letter)
    if order is not None:
        status, why = order.status, _why(order)
    elif letter.order_id is not None:
        status, why = POISON, "There is no such order."
    else:
        status, why = POISON, "It is no wake-up call for an order."
    return Finding(letter.order_id, letter.body, letter.sent_at, status, why)


def _why(order: StoredOrder) -> str:
    """Say what the order tells: processing that crashes leaves no event, only an order that does not go on."""
    if order.status in _TERMINAL:
        return "It has ended since. Putting it back changes nothing."
    return f"It does not go on after event {order.version}; the logs of process_orders say why."


def _tell(setup: Setup, queue: DeadLetters, decided: dict[str, Action], settled: Settled) -> None:
    """Say what was done. Raises `NotSettled` where it is not what was decided."""
    put_back, dropped = settled.count(queue.put_back), settled.count(queue.drop)
    left = len(decided) - put_back - dropped
    if settled.read_again:
        slow = f"After more than {LOOK_FOR} seconds the letters were in sight again, so they were read again."
        setup.err.print(slow, soft_wrap=True)
    if decided and not setup.as_json:
        done = {"put back": put_back, "deleted": dropped, "left where they are": left}
        setup.out.print(", ".join(f"{number} {what}" for what, number in done.items() if number))
        if put_back:
            setup.out.print("See what becomes of them: orders get ID, orders metrics")
    undone = left - list(decided.values()).count(queue.leave)
    if undone or settled.failures:
        raise NotSettled(f"{undone} not settled as told. {_reasons(settled)}", NEXT_STEP)


def _reasons(settled: Settled) -> str:
    others = "They came into sight before their turn, or somebody else has them."
    return " ".join(sorted({str(error) for error in settled.failures})) or others


def _show(setup: Setup, findings: list[Finding], hidden: int) -> None:
    if setup.as_json:
        for finding in findings:
            print_json(setup.out, finding)
    elif findings:
        setup.out.print(_table(findings))
    else:
        setup.out.print("No dead letters in sight." if hidden else "No dead letters.")
    if hidden:
        setup.err.print(
            f"{hidden} more out of sight: close_dead_letters looks at them, as it does each minute, or somebody else"
            f" does. Look again in a minute; after {LOOK_FOR // 60} they are back in any case.",
            soft_wrap=True,
        )


def _table(findings: list[Finding]) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 1))
    for name in ("order", "sent", "status", "why"):
        table.add_column(name, no_wrap=name != "why")
    for one in findings:
        subject = Text(one.body[:36] if one.status == POISON else one.order_id or "")
        sent = f"{one.sent_at.astimezone():%Y-%m-%d %H:%M:%S}"
        table.add_row(subject, sent, one.status, Text(one.why))
    return table
