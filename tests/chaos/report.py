"""The figures of a run, for people and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from order_engine.application.ports import failed_attempts
from order_engine.domain.events import Status
from tests.chaos.run import Outcome

_SHOWN = 5
"""Ways in which one promise was broken; there may be as many as orders."""


def figures(outcome: Outcome) -> dict[str, Any]:
    """Return all figures; times in seconds."""
    faults, evidence, lives = outcome.faults, outcome.evidence, outcome.lifetimes
    down, up = faults.postgres_away
    return {
        "plan": asdict(outcome.plan),
        "orders": {
            "placed": evidence.placed,
            "accepted": len(evidence.accepted),
            "acceptedWithoutPostgres": sum(down < moment < up for moment in outcome.clients.accepted.values()),
            **{status.value: outcome.ended_as(status) for status in Status if status.terminal},
            "swaps": sum(map(len, evidence.swaps.values())),
        },
        "faults": {
            "workersKilled": dict(sorted(faults.killed.items())),
            "secondsWithoutPostgres": round(up - down, 1),
            "eventSourcesPaused": faults.paused,
            "socketsCut": faults.sockets.was_cut,
            "messagesSentTwice": outcome.clients.sent_again,
            "attemptsFailedAtAVenue": sum(1 for order in evidence.orders.values() for _ in failed_attempts(order)),
            "requestsMadeAgain": dict(outcome.clients.made_again),
        },
        "secondsFromAcceptanceToEnd": {share: _quantile(lives, share) for share in (0.5, 0.95, 1.0)},
        "secondsToRecover": asdict(outcome.recovery),
        "promises": {verdict.promise: list(verdict.broken) for verdict in outcome.verdicts},
        "kept": outcome.good,
    }


def report(outcome: Outcome) -> RenderableType:
    """Return the figures as tables."""
    numbers = Table(show_header=False, box=None, padding=(0, 1))
    for name, lines in _lines(figures(outcome)).items():
        numbers.add_row(f"[bold]{name}[/]", "\n".join(lines))
    promises = Table(show_header=False, box=None, padding=(0, 1))
    for verdict in outcome.verdicts:
        promises.add_row("[red]broken[/]" if verdict.broken else "[green]kept[/]", verdict.promise)
        for way in verdict.broken[:_SHOWN]:
            promises.add_row("", f"  {way}")
        if (more := len(verdict.broken) - _SHOWN) > 0:
            promises.add_row("", f"  and {more} more")
    return Group("", numbers, "", promises)


def _lines(told: dict[str, Any]) -> dict[str, list[str]]:
    orders, faults = told["orders"], told["faults"]
    half, most, longest = (_seconds(value) for value in told["secondsFromAcceptanceToEnd"].values())
    recovery = {name: _seconds(value) for name, value in told["secondsToRecover"].items()}
    killed = ", ".join(f"{count} {function}" for function, count in faults["workersKilled"].items())
    return {
        "Orders": [
            f"{orders['placed']} placed, {orders['accepted']} accepted,"
            f" {orders['acceptedWithoutPostgres']} of them while Postgres was away",
            f"{orders['confirmed']} confirmed, {orders['failed']} failed, {orders['cancelled']} cancelled;"
            f" {orders['swaps']} swaps landed",
        ],
        "Faults": [
            f"{sum(faults['workersKilled'].values())} Lambda workers killed ({killed})",
            f"Postgres away for {faults['secondsWithoutPostgres']:g} s",
            f"{faults['eventSourcesPaused']} times an event source disabled and enabled again",
            f"{faults['socketsCut']} sockets cut",
            f"{faults['messagesSentTwice']} messages sent twice",
            f"{faults['attemptsFailedAtAVenue']} attempts failed at a venue",
            *(f"{count} requests made again: {why}" for why, count in faults["requestsMadeAgain"].items()),
        ],
        "From acceptance to end": [f"half in {half}, 95 of 100 in {most}, all in {longest}"],
        "Well again after the last fault": [
            f"orders all ended {recovery['orders']}, Postgres {recovery['history']}, clients {recovery['clients']},"
            f" queue empty {recovery['queue']}",
        ],
    }


def _quantile(ascending: list[float], share: float) -> float | None:
    return ascending[-int(-len(ascending) * share // 1) - 1] if ascending else None


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f} s"
