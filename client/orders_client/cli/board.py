"""Orders on the terminal as they happen: a live table, or a line for each step where there is no terminal."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from orders_client.cli.output import COLOURS, clock_time, note, print_json, status_text, swap_text
from orders_client.errors import OrdersError
from orders_client.fold import Update
from orders_client.models import Event, Status
from orders_client.stream import OrderStream

_WIDE = 130
"""Columns from which on there is room for whole ids and for the time that each step took."""

_LOOKUPS = 4
"""How many orders are looked up at the same time."""

_AROUND = 6
"""Lines that are not orders: title, header and some room."""


class Display(Protocol):
    """Shows what happens, from when it is entered until it is left."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        """End."""

    def show(self, update: Update) -> None:
        """Show an event."""


def display_for(console: Console, stream: OrderStream, *, as_json: bool) -> Display:
    """Return the display that suits: JSON if asked for, a live table on a terminal, else lines of text."""
    if as_json:
        return JsonLines(console)
    return Board(console, stream) if console.is_terminal else TextLines(console)


@dataclass(slots=True)
class TextLines:
    """A line for each event."""

    console: Console

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Nothing is left to do."""

    def show(self, update: Update) -> None:
        """Print the event."""
        event = update.event
        line = f"{clock_time(event.timestamp)}  {update.order_id}  {event.seq}  {event.status.value:<9}  {note(event)}"
        self.console.print(line.rstrip(), markup=False, soft_wrap=True)


class JsonLines(TextLines):
    """A JSON object for each event."""

    def show(self, update: Update) -> None:
        """Print the event."""
        event = update.event
        told = {"orderId": update.order_id, "seq": event.seq, "status": event.status, "timestamp": event.timestamp}
        print_json(self.console, told | {"data": event.data})


@dataclass(slots=True)
class Row:
    """One order on the board."""

    order_id: str
    swap: str = ""
    events: list[Event] = field(default_factory=list)

    @property
    def status(self) -> Status | None:
        """The last known status."""
        return self.events[-1].status if self.events else None

    def steps(self, *, timed: bool) -> Text:
        """Return the steps of the present attempt, each with the seconds until the next."""
        begin = max((at for at, event in enumerate(self.events) if event.status is Status.PENDING), default=0)
        attempt = self.events[begin:]
        retries = sum(event.status is Status.PENDING for event in self.events[:begin])
        text = Text(f"↻{retries} " if retries else "", "yellow")
        for event, following in zip(attempt, [*attempt[1:], None], strict=True):
            text.append(event.status.value, COLOURS[event.status])
            if following and timed:
                text.append(f" {(following.timestamp - event.timestamp).total_seconds():.2f}", "dim")
            text.append(" → " if following else "", "dim")
        return text

    def result(self) -> str:
        """Return how much came out, or why nothing did."""
        data = self.events[-1].data if self.events else {}
        return str(data.get("amountOut") or data.get("error", {}).get("code") or "")

    def venue(self) -> str:
        """Return the venue that was chosen."""
        return next((str(event.data["venue"]) for event in reversed(self.events) if "venue" in event.data), "")

    def seconds(self) -> str:
        """Return the time from acceptance to the last event."""
        if not self.events:
            return ""
        return f"{(self.events[-1].timestamp - self.events[0].timestamp).total_seconds():.2f} s"


class Board:
    """A live table of orders, the newest on top, as many as fit."""

    def __init__(self, console: Console, stream: OrderStream) -> None:
        self._console = console
        self._stream = stream
        self._rows: dict[str, Row] = {}
        self._lookups: set[asyncio.Task[None]] = set()
        self._free = asyncio.Semaphore(_LOOKUPS)
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=8)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        for lookup in self._lookups:
            lookup.cancel()
        self._live.stop()

    def show(self, update: Update) -> None:
        """Note the event; it is shown with the next refresh."""
        if update.order_id not in self._rows:
            self._rows[update.order_id] = Row(update.order_id)
            lookup = asyncio.create_task(self._look_up(update.order_id))
            self._lookups.add(lookup)
            lookup.add_done_callback(self._lookups.discard)
        self._rows[update.order_id].events.append(update.event)

    async def _look_up(self, order_id: str) -> None:
        """An event does not say what its order is about. Not to know it is no reason to stop."""
        async with self._free:
            with suppress(OrdersError):
                self._rows[order_id].swap = swap_text(await self._stream.get_order(order_id))

    def _render(self) -> RenderableType:
        wide = self._console.width >= _WIDE
        room = max(1, self._console.height - _AROUND)
        table = Table(box=None, header_style="dim", padding=(0, 1), title=self._title(), title_justify="left")
        for name in ("order", "swap", "steps", "venue", "out", "time"):
            table.add_column(name, no_wrap=True, justify="right" if name in ("out", "time") else "left")
        for row in list(reversed(self._rows.values()))[:room]:
            order = row.order_id if wide else f"…{row.order_id[-8:]}"
            table.add_row(order, row.swap, row.steps(timed=wide), row.venue(), row.result(), row.seconds())
        return table

    def _title(self) -> Text:
        title = Text("● live" if self._stream.connected else "○ reconnecting", style="not italic")
        title.stylize("green" if self._stream.connected else "yellow")
        counts = Counter(row.status for row in self._rows.values())
        for status, count in counts.items():
            if status is not None:
                title.append(f"   {count} ").append(status_text(status))
        return title
