"""`orders load`: place many orders at once and measure them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from time import perf_counter
from typing import Annotated
from uuid import uuid4

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from orders_client.api import DEFAULT_URL, OrdersClient
from orders_client.cli.exits import ExitCode, exit_code_of
from orders_client.cli.follow import parse_amount
from orders_client.cli.load_statistics import LoadReport, LoadStatistics, Quantiles
from orders_client.cli.output import facts_table
from orders_client.cli.shared import Json, StreamUrl, Token, Url, setup_of, stream_url
from orders_client.errors import ApiError, Unavailable
from orders_client.models import Accepted
from orders_client.stream import OrderStream

Size = Annotated[Decimal, typer.Option("--amount", metavar="AMOUNT", parser=parse_amount, help="How much each sells.")]


def load(
    context: typer.Context,
    orders: Annotated[int, typer.Option("-n", "--orders", min=1, help="How many orders.")] = 100,
    concurrency: Annotated[int, typer.Option(min=1, max=100, help="How many are placed at the same time.")] = 20,
    sell: Annotated[str, typer.Option("--from", metavar="TOKEN", help="Token to sell.")] = "SOL",
    buy: Annotated[str, typer.Option("--to", metavar="TOKEN", help="Token to buy.")] = "USDC",
    size: Size = Decimal(1),
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait for all to end, after all were placed.")] = 120,
    url: Url = DEFAULT_URL,
    ws_url: StreamUrl = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Place many orders at once, follow all of them, and show the statistics.

    Where authentication is off, they are the orders of a user of their own.
    """
    setup = setup_of(context, as_json=as_json)
    credentials = setup.credentials(url, token)
    user = f"load-{uuid4().hex[:8]}" if setup.sign_in_settings(url).is_off else None

    def place(client: OrdersClient) -> Accepted:
        return client.place(sell, buy, size, user_id=user, ticket=False)

    statistics = LoadStatistics(perf_counter())
    with setup.client(url, credentials) as client, _progress(setup.err, orders, quiet=as_json) as progress:
        stream = setup.stream(stream_url(url, ws_url), credentials, user)
        run = LoadRun(stream, lambda: place(client), statistics, lambda: progress(statistics))
        asyncio.run(run.run(orders, concurrency, timeout))
    setup.show(statistics.report(orders), _report_table)
    if statistics.accepted < orders or statistics.ended < orders:
        raise typer.Exit(ExitCode.UNAVAILABLE if statistics.accepted else ExitCode.REFUSED)
    raise typer.Exit(exit_code_of(statistics.statuses()))


class LoadRun:
    """Places a load of orders and follows them.

    Args:
        stream: delivers the events of the orders.
        place: places one order; called by several threads.
        statistics: collects the events.
        on_change: called whenever the statistics have changed.
    """

    def __init__(
        self,
        stream: OrderStream,
        place: Callable[[], Accepted],
        statistics: LoadStatistics,
        on_change: Callable[[], None],
    ) -> None:
        self._stream = stream
        self._place = place
        self._statistics = statistics
        self._on_change = on_change
        self._changed = asyncio.Event()

    async def run(self, orders: int, concurrency: int, timeout: float) -> None:
        """Place the orders and wait until all have ended, but not longer than `timeout` seconds after the last.

        Raises:
            OrdersError: the stream has ended, because the token has expired for instance.
        """
        try:
            await self._place_and_follow(orders, concurrency, timeout)
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _place_and_follow(self, orders: int, concurrency: int, timeout: float) -> None:
        async with self._stream:
            await self._stream.subscribe_channel("user")
            async with asyncio.TaskGroup() as tasks:
                listening = tasks.create_task(self._listen())
                await self._place_all(orders, concurrency)
                try:
                    async with asyncio.timeout(timeout):
                        await self._all_ended()
                except TimeoutError:
                    pass  # the report tells how many are open
                listening.cancel()

    async def _place_all(self, orders: int, concurrency: int) -> None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(concurrency) as threads:
            await asyncio.gather(*(loop.run_in_executor(threads, self._place_one) for _ in range(orders)))

    def _place_one(self) -> None:
        sent = perf_counter()
        try:
            accepted = self._place()
        except ApiError as refused:
            self._statistics.refused[refused.code] += 1
        except Unavailable:
            self._statistics.refused["unavailable"] += 1
        else:
            self._statistics.add_accepted(accepted.order_id, sent, perf_counter())
        self._on_change()

    async def _listen(self) -> None:
        async for update in self._stream:
            self._statistics.add_event(update, perf_counter())
            if update.event.status.terminal:
                self._changed.set()
                self._on_change()

    async def _all_ended(self) -> None:
        while self._statistics.ended < self._statistics.accepted:
            self._changed.clear()
            await self._changed.wait()


@contextmanager
def _progress(console: Console, orders: int, *, quiet: bool) -> Iterator[Callable[[LoadStatistics], None]]:
    """Show progress bars on a terminal; yield the function that updates them."""
    columns = (TextColumn("{task.description:>8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as progress:
        placed, refused, ended = (
            progress.add_task(name, total=orders, visible=name != "refused")
            for name in ("accepted", "refused", "ended")
        )

        def update(statistics: LoadStatistics) -> None:
            lost = statistics.refused.total()
            progress.update(placed, completed=statistics.accepted)
            progress.update(refused, completed=lost, visible=lost > 0)
            progress.update(ended, completed=statistics.ended, total=orders - lost)

        yield update


def _report_table(report: LoadReport) -> Table:
    table = facts_table()
    refused = "".join(f" · {count} {code}" for code, count in report.refused.items())
    table.add_row("accepted", f"{report.accepted} of {report.orders}{refused}")
    ended = [f"{count} {status}" for status, count in report.ended.items()]
    table.add_row("ended", " · ".join(ended + ([f"[red]{report.open} still open[/]"] if report.open else [])))
    table.add_row("throughput", f"{report.orders_per_second:g} orders/s, {report.seconds:.1f} s in all")
    for name, times in {
        "time to accept": report.time_to_accept,
        "time to confirm": report.time_to_confirm,
        "time to hear": report.time_to_hear,
    }.items():
        table.add_row(name, _span(times))
    return table


def _span(times: Quantiles | None) -> str:
    return f"p50 {times.p50:.3f} s · p95 {times.p95:.3f} s" if times else "-"
