"""The sample events: listed, and each of them is one that its function understands."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.events import EVENTS, event
from tests.support.functions import NAMES, Deployment, load

EVENT_NAMES = sorted(path.stem for path in EVENTS.glob("*.json"))
ROW = re.compile(r"^\| `(?P<event>\w+)` \| (?P<functions>[\w, ]+) \|", re.MULTILINE)


def listed() -> dict[str, list[str]]:
    """Return the functions of each event, as the table has them."""
    table = (EVENTS / "README.md").read_text(encoding="utf-8")
    return {row["event"]: [snake(one) for one in row["functions"].split(", ")] for row in ROW.finditer(table)}


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def test_every_event_is_in_the_table_and_none_that_there_is_not() -> None:
    assert sorted(listed()) == EVENT_NAMES


def test_every_function_has_an_event() -> None:
    assert {function for functions in listed().values() for function in functions} == set(NAMES)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        (name, function)
        for name, functions in sorted(listed().items())
        for function in functions
        if function != "migrate_database"
    ],
)
def test_every_event_can_be_handled(deployed: Deployment, name: str, function: str) -> None:
    answer = deployed.call(function, name, 60)
    if name.startswith("http_"):
        assert answer["statusCode"] < 500
    if name.startswith("websocket_"):
        assert answer["statusCode"] in (200, 400)


@pytest.mark.parametrize(("name", "does"), [("migrate_database", "migrate"), ("migrate_database_status", "status")])
def test_a_deployment_migrates_and_a_question_only_looks(monkeypatch: pytest.MonkeyPatch, name: str, does: str) -> None:
    app: Any = load("migrate_database")
    done: list[tuple[str, str]] = []
    for action in ("migrate", "status"):
        monkeypatch.setattr(app, action, lambda conninfo, action=action: done.append((action, conninfo)))
    monkeypatch.setattr(app, "database_conninfo", lambda: "host=example.org")
    app.handler(event(name), None)
    assert done == [(does, "host=example.org")]
