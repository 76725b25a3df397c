"""The API's answers as JSON and as tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from orders_client.comparison import Verification
from orders_client.models import Event, Failure, Health, History, Metrics, Order, Status

_LONGEST_SHOWN = 30

_COLOURS = {
    Status.PENDING: "yellow",
    Status.ROUTING: "cyan",
    Status.BUILDING: "cyan",
    Status.SUBMITTED: "blue",
    Status.CONFIRMED: "green",
    Status.FAILED: "red",
    Status.CANCELLED: "magenta",
}


def json_value(value: Any) -> Any:
    """Return a value in its form on the wire: camelCase names, amounts as text, times as ISO 8601; no nulls."""
    if is_dataclass(value):
        pairs = ((_camel(field.name), getattr(value, field.name)) for field in fields(value))
        return {name: json_value(content) for name, content in pairs if content is not None}
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {name: json_value(content) for name, content in value.items()}
    return [json_value(item) for item in value] if isinstance(value, tuple | list) else value


def print_json(console: Console, value: Any) -> None:
    """Print a value on one line."""
    console.out(json.dumps(json_value(value), ensure_ascii=False), highlight=False)


def status_style(status: Status) -> str:
    """Return the colour of a status; one that this client does not know has none."""
    return _COLOURS.get(status, "")


def status_text(status: Status) -> Text:
    """Return the status in its colour."""
    return Text(status.value, status_style(status))


def swap_text(terms: Mapping[str, Any]) -> str:
    """Return amount and tokens of an order's terms, which are in their form on the wire."""
    return f"{terms.get('amountIn', '?')} {terms.get('tokenIn', '?')} → {terms.get('tokenOut', '?')}"


def clock_time(moment: datetime) -> str:
    """Return a time in the local time zone, without its date."""
    return f"{moment.astimezone():%H:%M:%S}.{moment.microsecond // 1000:03}"


def local_time(moment: datetime | None) -> str:
    """Return a moment in the local time zone, to the minute; nothing where there is none."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M %Z}" if moment else ""


def order_card(order: Order) -> RenderableType:
    """Return everything about an order."""
    facts = facts_table()
    shown = {
        "order": order.id,
        "client order id": order.client_order_id,
        "user": order.user_id,
        "status": status_text(order.status),
        "swap": swap_text(json_value(order)),
        "slippage": order.slippage,
        "min out": order.min_amount_out,
        "amount out": order.amount_out and f"{order.amount_out:f} {order.token_out}",
        "price": order.executed_price,
        "price impact": order.price_impact,
        "fee": order.fee and f"{order.fee:f} {order.token_in}",
        "venue": order.venue,
        "transaction": order.tx_hash,
        "attempts": order.attempts,
        "error": order.error and error_line(order.error),
        "created": f"{order.created_at.astimezone():%Y-%m-%d %H:%M:%S %Z}",
    }
    for name, value in shown.items():
        if value is not None:
            facts.add_row(name, value if isinstance(value, Text) else str(value))
    return Group(facts, steps_table(order.events))


def steps_table(events: Iterable[Event]) -> Table:
    """Return the steps of an order, each with the time since the one before."""
    table = Table(box=None, header_style="dim", padding=(0, 1))
    for name in ("#", "time", "after", "step", ""):
        table.add_column(name, justify="right" if name in ("#", "after") else "left")
    before: Event | None = None
    for event in events:
        after = f"{(event.timestamp - before.timestamp).total_seconds():.3f} s" if before else ""
        table.add_row(
            str(event.seq), clock_time(event.timestamp), after, status_text(event.status), event_summary(event)
        )
        before = event
    return table


def event_summary(event: Event) -> str:
    """Return an event's data in a few words; nothing for a status that this client does not know."""
    describe = _SUMMARIES.get(event.status)
    return describe(event.data) if describe else ""


def _pending_summary(data: Mapping[str, Any]) -> str:
    if "error" not in data:
        return swap_text(data)
    return f"attempt {data.get('attempt')} in {data.get('delaySeconds')} s, after {error_line(data['error'])}"


def _building_summary(data: Mapping[str, Any]) -> str:
    return f"{data.get('venue')}, of {' · '.join(map(_quote_text, data.get('quotes', ())))}"


_SUMMARIES: dict[Status, Callable[[Mapping[str, Any]], str]] = {
    Status.PENDING: _pending_summary,
    Status.ROUTING: lambda data: f"attempt {data.get('attempt')}: asking {', '.join(data.get('venues', ()))}",
    Status.BUILDING: _building_summary,
    Status.SUBMITTED: lambda data: str(data.get("txHash", "")),
    Status.CONFIRMED: lambda data: f"{data.get('amountOut')} out at {data.get('executedPrice')}",
    Status.FAILED: lambda data: error_line(data.get("error", {})),
    Status.CANCELLED: lambda data: f"by {data.get('by')}",
}


def error_line(error: Mapping[str, Any]) -> str:
    """Return an error of an order in one line."""
    return f"{error.get('code')}: {error.get('message')}"


def orders_table(orders: Iterable[Order], width: int) -> Table:
    """Return a list of orders, with as many columns as there is room for."""
    table = Table(box=None, header_style="dim", padding=(0, 1, 0, 0), pad_edge=False)
    columns = {name: value for name, (value, room) in _COLUMNS.items() if width >= room}
    for name in columns:
        table.add_column(name, no_wrap=True, justify="right" if name == "out" else "left")
    for order in orders:
        table.add_row(*(value(order) for value in columns.values()))
    return table


_COLUMNS: dict[str, tuple[Callable[[Order], str | Text], int]] = {
    "order": (lambda order: order.id, 0),
    "created": (lambda order: f"{order.created_at.astimezone():%Y-%m-%d %H:%M:%S}", 115),
    "swap": (lambda order: swap_text(json_value(order)), 0),
    "status": (lambda order: status_text(order.status), 0),
    "out": (lambda order: "" if order.amount_out is None else f"{order.amount_out:f}", 0),
    "venue": (lambda order: order.venue or "", 95),
}
"""The columns of a list: their value, and the least width of a terminal that shows them."""


def history_card(history: History) -> RenderableType:
    """Return an order's history."""
    return Group(order_card(history.order), *(_failed_attempt(failure) for failure in history.failures))


def metrics_table(metrics: Metrics) -> Table:
    """Return queue and orders side by side."""
    table = Table.grid(padding=(0, 4))
    table.add_row("[bold]queue[/]", "[bold]orders[/]")
    table.add_row(_numbers_table(metrics.queue), _numbers_table(metrics.orders))
    return table


def health_table(health: Health) -> Table:
    """Return the health of the engine and of its dependencies."""
    table = facts_table()
    for name, state in {"engine": health.status, **health.dependencies}.items():
        table.add_row(name, Text(state, "green" if state == "healthy" else "red"))
    return table


def verification_table(verification: Verification) -> RenderableType:
    """Return each comparison, and the verdict."""
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0), pad_edge=False)
    for name in ("field", "told", "recomputed", ""):
        table.add_column(name, overflow="fold")
    for check in verification.checks:
        mark = Text("✓", "green") if check.right else Text("✗", "bold red")
        told, recomputed = (_shortened(value, check.right) for value in (check.told, check.recomputed))
        table.add_row(Text(check.field, "" if check.right else "red"), told, recomputed, mark)
    wrong = verification.wrong
    verdict = (
        Text(f"The receipt is wrong: {', '.join(wrong)}", "red") if wrong else Text("The receipt is right.", "green")
    )
    return Group(table, Text(), verdict)


def _shortened(value: str | None, right: bool) -> Text:
    """Return a value; a long one that is right is told apart by its ends."""
    if value is None:
        return Text("-")
    return Text(f"{value[:10]}…{value[-10:]}" if right and len(value) > _LONGEST_SHOWN else value)


def facts_table() -> Table:
    """Return an empty table for names and values."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    return table


def _numbers_table(numbers: Mapping[str, int]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(justify="right")
    for name, number in numbers.items():
        table.add_row(name, str(number))
    return table


def _failed_attempt(failure: Failure) -> Text:
    when = clock_time(failure.timestamp)
    return Text(f" attempt {failure.attempt} failed at {when}: {error_line(failure.error)}", "red")


def _quote_text(quote: Mapping[str, Any]) -> str:
    return f"{quote.get('venue')} {quote['amountOut'] if 'amountOut' in quote else error_line(quote.get('error', {}))}"


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
