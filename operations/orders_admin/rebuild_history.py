"""`orders-admin rebuild-history`: backfill the history in Postgres from the order table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from orders_admin.ports import NOT_RECORDED, HistoryBackfill, Item, NotRecorded
from orders_admin.setup import DEFAULT_STACK, StackName, setup_of
from orders_client.api import DEFAULT_URL
from orders_client.cli.output import print_json
from orders_client.cli.shared import Json, Url


def rebuild_history(
    context: typer.Context, stack: StackName = DEFAULT_STACK, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """Backfill the history in Postgres from the order table, and recount the orders by status.

    For a database that is new, was restored or has lost rows. Rows that are there stay, newer events are added.
    It runs while orders are executed, and may be interrupted and run again at any time.
    An order that can't be recorded stops no other; those are named at the end.
    """
    setup = setup_of(context, as_json=as_json)
    backfill = setup.history_backfill(stack, url)
    recorded, refused = 0, list[str]()
    with _progress(setup.err, backfill.estimate(), quiet=as_json) as show:
        for page in backfill.pages():
            failed = _record(backfill, page)
            refused += failed
            recorded += len(page) - len(failed)
            show(recorded)
        backfill.recount()
    if as_json:
        print_json(setup.out, {"orders": recorded, "refused": refused})
    else:
        setup.out.print(f"{recorded} orders of the order table are in the history.")
    if refused:
        raise NotRecorded(f"{len(refused)} can't be recorded: {', '.join(refused)}.", NOT_RECORDED)


def _record(backfill: HistoryBackfill, page: Sequence[Item]) -> list[str]:
    """Record orders, halving a page that fails; return the ids of those that can't be recorded."""
    try:
        backfill.record(page)
    except NotRecorded:
        backfill.recount()  # fails as well where it is not the orders' fault
        if len(page) == 1:
            return [str(page[0]["orderId"]["S"])]
        middle = len(page) // 2
        return _record(backfill, page[:middle]) + _record(backfill, page[middle:])
    return []


@contextmanager
def _progress(console: Console, estimate: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on a terminal; yield the function that updates it."""
    columns = (TextColumn("recorded"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as progress:
        task = progress.add_task("recorded", total=estimate)
        yield lambda recorded: progress.update(task, completed=recorded, total=max(recorded, estimate))
