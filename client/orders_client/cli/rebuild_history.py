"""`orders rebuild-history`: fill the history in Postgres again from the order table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from orders_client.api import DEFAULT_URL
from orders_client.cli.output import print_json
from orders_client.cli.shared import Json, Url, setup_of
from orders_client.cli.stack import DEFAULT_STACK, StackName


def rebuild_history(
    context: typer.Context, stack: StackName = DEFAULT_STACK, url: Url = DEFAULT_URL, as_json: Json = False
) -> None:
    """Fill the history in Postgres again from the order table, and count the orders anew.

    For a database that is new, restored or lost rows. What it holds already stays, newer steps are added. Orders go on
    meanwhile, and it may be cut off and run again at any time.
    """
    setup = setup_of(context, as_json=as_json)
    copy = setup.history_copy(stack, url)
    recorded = 0
    with _progress(setup.err, copy.estimate(), quiet=as_json) as tell:
        for page in copy.pages():
            copy.record(page)
            recorded += len(page)
            tell(recorded)
        copy.recount()
    if as_json:
        print_json(setup.out, {"orders": recorded})
    else:
        setup.out.print(f"The history holds all {recorded} orders of the order table.")


@contextmanager
def _progress(console: Console, estimate: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal; yield what moves it."""
    columns = (TextColumn("recorded"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as progress:
        task = progress.add_task("recorded", total=estimate)
        yield lambda recorded: progress.update(task, completed=recorded, total=max(recorded, estimate))
