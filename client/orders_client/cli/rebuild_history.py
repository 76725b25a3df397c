"""`orders rebuild-history`: fill the history in Postgres again from the order table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from orders_client.api import DEFAULT_URL
from orders_client.cli.history_copy import NEXT_STEP, HistoryCopy, Item, NotRecorded
from orders_client.cli.output import print_json
from orders_client.cli.shared import Json, Url, setup_of
from orders_client.cli.stack import DEFAULT_STACK, StackName


def rebuild_history(
    context: typer.Context, stack: StackName = DEFAULT_STACK, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """Fill the history in Postgres again from the order table, and count the orders anew.

    For a database that is new, restored or lost rows. What it holds already stays, newer steps are added. Orders go on
    meanwhile, and it may be cut off and run again at any time. An order that can't be recorded stops no other; those
    are named at the end.
    """
    setup = setup_of(context, as_json=as_json)
    copy = setup.history_copy(stack, url)
    recorded, refused = 0, list[str]()
    with _progress(setup.err, copy.estimate(), quiet=as_json) as tell:
        for page in copy.pages():
            failed = _record(copy, page)
            refused += failed
            recorded += len(page) - len(failed)
            tell(recorded)
        copy.recount()
    if as_json:
        print_json(setup.out, {"orders": recorded, "refused": refused})
    else:
        setup.out.print(f"{recorded} orders of the order table are in the history.")
    if refused:
        raise NotRecorded(f"{len(refused)} can't be recorded: {', '.join(refused)}.", NEXT_STEP)


def _record(copy: HistoryCopy, page: Sequence[Item]) -> list[str]:
    """Record orders; return the ids of those that can't be."""
    try:
        copy.record(page)
    except NotRecorded:
        copy.recount()  # fails as well where it is not the orders' fault
        if len(page) == 1:
            return [str(page[0]["orderId"]["S"])]
        middle = len(page) // 2
        return _record(copy, page[:middle]) + _record(copy, page[middle:])
    return []


@contextmanager
def _progress(console: Console, estimate: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal; yield what moves it."""
    columns = (TextColumn("recorded"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as progress:
        task = progress.add_task("recorded", total=estimate)
        yield lambda recorded: progress.update(task, completed=recorded, total=max(recorded, estimate))
