"""`orders-admin rebuild-history`: every order is recorded, and those that can't be are named."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from typer.testing import CliRunner, Result

from orders_admin.app import app
from orders_admin.ports import NotRecorded
from orders_admin.setup import AdminSetup


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


@dataclass
class FakeBackfill:
    """An order table of 250 orders, and what of it was recorded."""

    poison: frozenset[str] = frozenset()
    recorded: list[str] = field(default_factory=list)
    pages_until_postgres_is_gone: int = 1_000
    calls: int = 0

    def estimate(self) -> int:
        return 0  # DynamoDB has not counted for hours

    def pages(self) -> Iterator[list[dict[str, Any]]]:
        for start in (0, 100, 200):
            self.pages_until_postgres_is_gone -= 1
            yield [{"orderId": {"S": str(number)}} for number in range(start, min(start + 100, 250))]

    def record(self, page: Sequence[dict[str, Any]]) -> None:
        self._reach_postgres()
        ids = [item["orderId"]["S"] for item in page]
        if self.poison & set(ids):
            raise NotRecorded("write_history failed")
        self.recorded += ids

    def recount(self) -> None:
        self._reach_postgres()
        self.recorded.append("counted")

    def _reach_postgres(self) -> None:
        self.calls += 1
        if self.pages_until_postgres_is_gone < 0:
            raise NotRecorded("write_history failed", "See its log")

    def run(self, *arguments: str) -> Result:
        setup = AdminSetup(history_backfill=lambda _stack, _url: self)
        return CliRunner().invoke(app, ["rebuild-history", *arguments], obj=setup)


def test_records_every_order_and_then_counts() -> None:
    backfill = FakeBackfill()
    done = backfill.run()
    assert (done.exit_code, backfill.recorded) == (0, [*map(str, range(250)), "counted"])
    assert "250 orders" in done.stdout
    assert lines(FakeBackfill().run("--json").stdout) == [{"orders": 250, "refused": []}]


def test_names_the_orders_that_cannot_be_recorded_and_records_all_others() -> None:
    backfill = FakeBackfill(frozenset({"7", "99", "249"}))
    done = backfill.run()
    assert done.exit_code == 4
    assert "7, 99, 249" in done.stderr
    assert set(backfill.recorded) == {*map(str, range(250)), "counted"} - backfill.poison
    assert backfill.recorded[-1] == "counted"


def test_without_postgres_no_order_is_blamed() -> None:
    backfill = FakeBackfill(pages_until_postgres_is_gone=1)
    done = backfill.run()
    assert (done.exit_code, len(backfill.recorded)) == (4, 100)
    assert "See its log" in done.stderr
    assert "can't be recorded" not in done.stderr
    assert backfill.calls == 3  # a page that went through, one that failed, and a count that failed too
