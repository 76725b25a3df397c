"""What the live table and the load's figures show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from orders_client import Event, OrderStream, Status, Update
from orders_client.cli.board import Board
from orders_client.cli.load_statistics import LoadStatistics, quantiles

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TERMS = {"tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1.5"}


def update(seq: int, status: Status, order_id: str = "order-1234", **data: Any) -> Update:
    return Update(order_id, Event(seq, status, START + timedelta(seconds=seq), data))


RETRIED = [
    update(1, Status.PENDING, **TERMS),
    update(2, Status.ROUTING),
    update(3, Status.PENDING, error={"code": "quote_unavailable"}),
    update(4, Status.ROUTING),
    update(5, Status.BUILDING, venue="meteora"),
    update(6, Status.SUBMITTED, venue="meteora"),
    update(7, Status.CONFIRMED, venue="meteora", amountOut="150.25"),
]


@dataclass
class FakeStream:
    connected: bool = True


def shown(*updates: Update, width: int = 200, height: int = 25, connected: bool = True) -> str:
    console = Console(file=StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    with Board(console, cast(OrderStream, FakeStream(connected))) as board:
        for shown_update in updates:
            board.show(shown_update)
    return cast(StringIO, console.file).getvalue()


def test_a_row_tells_the_present_attempt_and_how_often_it_was_tried_before() -> None:
    table = shown(*RETRIED)
    row = next(line for line in table.splitlines() if "order-1234" in line)
    steps = "↻1 pending 1.00 → routing 1.00 → building 1.00 → submitted 1.00 → confirmed"
    assert " ".join(row.split()) == f"order-1234 1.5 SOL → USDC {steps} meteora 150.25 6.00 s"


@pytest.mark.parametrize("width", [80, 120, 150, 180])
def test_nothing_is_cut_off_whatever_the_width(width: int) -> None:
    table = shown(*RETRIED, width=width)
    row = next(line for line in table.splitlines() if "SOL → USDC" in line)
    assert "confirmed" in row
    assert row.split()[-3:] == ["150.25", "6.00", "s"]
    assert len(row.rstrip()) <= width


def test_a_failed_order_shows_why() -> None:
    assert "no_liquidity" in shown(RETRIED[0], update(2, Status.FAILED, error={"code": "no_liquidity"}))


def test_the_newest_orders_are_shown_and_the_others_counted() -> None:
    table = shown(*(update(1, Status.PENDING, f"order-{number:04}", **TERMS) for number in range(30)), height=16)
    assert "order-0029" in table
    assert "order-0019" not in table
    assert "and 20 before these" in table
    assert "30 pending" in table


def test_the_title_tells_whether_there_is_a_connection() -> None:
    assert "live" in shown(RETRIED[0])
    assert "reconnecting" in shown(RETRIED[0], connected=False)


@given(st.lists(st.floats(0, 100), min_size=1))
def test_quantiles_are_values_that_so_many_do_not_exceed(seconds: list[float]) -> None:
    found = quantiles(seconds)
    assert found is not None
    for share, value in ((0.5, found.p50), (0.95, found.p95)):
        within = sum(second <= value + 0.001 for second in seconds)
        assert within >= share * len(seconds)
        assert any(abs(second - value) <= 0.001 for second in seconds)


def test_the_statistics_count_only_orders_of_its_own_even_if_their_events_come_before_their_acceptance() -> None:
    statistics = LoadStatistics(started_at=100.0)
    for order_id in ("mine", "theirs"):
        statistics.add_event(update(1, Status.PENDING, order_id), 100.5)
        statistics.add_event(update(2, Status.CONFIRMED, order_id), 103.0)
    assert statistics.ended == 0
    statistics.add_accepted("mine", sent=100.2, answered=103.5)
    statistics.add_accepted("open", sent=100.0, answered=100.1)
    report = statistics.report(orders=3)
    assert (report.accepted, report.ended, report.open) == (2, {"confirmed": 1}, 1)
    assert (report.seconds, report.orders_per_second) == (3.0, 0.3)
    assert report.time_to_confirm == quantiles([1.0])
    assert report.time_to_hear == quantiles([2.8])
    assert report.time_to_accept == quantiles([0.1, 3.3])


def test_statistics_of_nothing_have_no_times() -> None:
    report = LoadStatistics(started_at=0).report(orders=1)
    assert (report.accepted, report.time_to_confirm, report.orders_per_second) == (0, None, 0)
