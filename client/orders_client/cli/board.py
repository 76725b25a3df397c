"""Displays of live events: a table on a terminal, else a line for each event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from orders_client.cli.output import clock_time, event_summary, print_json, status_style, status_text, swap_text
from orders_client.fold import Update
from orders_client.models import Event, Status
from orders_client.stream import OrderStream

_WIDTH_FOR_IDS, _WIDTH_FOR_TIMES, _WIDTH_FOR_NAMES = 180, 150, 120
"""How wide the terminal must be for whole ids, for the time that each step took, and for the name of each step."""

_RESERVED_LINES = 6
"""Lines that are not orders: title, header and a margin."""


class Display(Protocol):
    """Shows events while its context is entered."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        """End."""

    def show(self, update: Update) -> None:
        """Show an event."""


def display_for(console: Console, stream: OrderStream, *, as_json: bool) -> Display:
    """Return a display: JSON lines if asked for, a live table on a terminal, else text lines."""
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
        step = f"{event.seq}  {event.status.value:<9}  {event_summary(event)}"
        line = f"{clock_time(event.timestamp)}  {update.order_id}  {step}"
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
    """One order on the board, with at least one event."""

    order_id: str
    events: list[Event]

    @property
    def status(self) -> Status:
        """The last known status."""
        return self.events[-1].status

    def swap(self) -> str:
        """Return amount and tokens, from the first event."""
        return swap_text(self.events[0].data)

    def steps(self, width: int) -> Text:
        """Return the steps of the present attempt, with as much detail as there is room for."""
        begin = max((at for at, event in enumerate(self.events) if event.status is Status.PENDING), default=0)
        attempt = self.events[begin:]
        retries = sum(event.status is Status.PENDING for event in self.events[:begin])
        text = Text(f"↻{retries} " if retries else "", "yellow")
        if width < _WIDTH_FOR_NAMES:
            return text.append("●" * len(attempt) + f" {attempt[-1].status.value}", status_style(attempt[-1].status))
        for event, following in zip(attempt, [*attempt[1:], None], strict=True):
            text.append(event.status.value, status_style(event.status))
            if following and width >= _WIDTH_FOR_TIMES:
                text.append(f" {(following.timestamp - event.timestamp).total_seconds():.2f}", "dim")
            text.append(" → " if following else "", "dim")
        return text

    def result(self) -> str:
        """Return how much came out, or why nothing did."""
        data = self.events[-1].data
        error = data.get("error")
        code = error.get("code") if isinstance(error, Mapping) else None
        return str(data.get("amountOut") or code or "")

    def venue(self) -> str:
        """Return the venue that was chosen."""
        return next((str(event.data["venue"]) for event in reversed(self.events) if "venue" in event.data), "")

    def seconds(self) -> str:
        """Return the time from acceptance to the last event."""
        return f"{(self.events[-1].timestamp - self.events[0].timestamp).total_seconds():.2f} s"


class Board:
    """A live table of orders, the newest on top, as many as fit."""

    def __init__(self, console: Console, stream: OrderStream) -> None:
        self._console = console
        self._stream = stream
        self._rows: dict[str, Row] = {}
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=8)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, update: Update) -> None:
        """Add the event; the next refresh shows it."""
        self._rows.setdefault(update.order_id, Row(update.order_id, [])).events.append(update.event)

    def _render(self) -> RenderableType:
        width = self._console.width
        room = max(1, self._console.height - _RESERVED_LINES)
        table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0), title=self._title(), title_justify="left")
        for name in ("order", "swap", "steps", "venue", "out", "time"):
            table.add_column(name, no_wrap=True, justify="right" if name in ("out", "time") else "left")
        if len(self._rows) > room:
            table.caption = f"and {len(self._rows) - room} before these"
        for row in list(reversed(self._rows.values()))[:room]:
            order = row.order_id if width >= _WIDTH_FOR_IDS else f"…{row.order_id[-8:]}"
            table.add_row(order, row.swap(), row.steps(width), row.venue(), row.result(), row.seconds())
        return table

    def _title(self) -> Text:
        title = Text("● live" if self._stream.connected else "○ reconnecting", style="not italic")
        title.stylize("green" if self._stream.connected else "yellow")
        counts = Counter(row.status for row in self._rows.values())
        for status, count in counts.items():
            title.append(f"   {count} ").append(status_text(status))
        return title
