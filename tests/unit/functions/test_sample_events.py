"""The sample events: all are listed, and each is understood by its functions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.functions import EVERY_FUNCTION, Deployment, load
from tests.unit.functions.sample_events import EVENT_NAMES, functions_by_event


def test_the_table_lists_every_event_and_no_other() -> None:
    assert sorted(functions_by_event()) == EVENT_NAMES


def test_every_function_has_an_event() -> None:
    assert {function for functions in functions_by_event().values() for function in functions} == set(EVERY_FUNCTION)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        (name, function)
        for name, functions in sorted(functions_by_event().items())
        for function in functions
        if function != "migrate_database"
    ],
)
def test_every_event_can_be_handled(deployed: Deployment, name: str, function: str) -> None:
    answer = deployed.call(function, name, 60)
    if name.startswith("http_"):
        assert answer["statusCode"] < 500
    if name.startswith("authorize_"):
        assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    if name.startswith("websocket_"):
        assert answer["statusCode"] in (200, 400)


@pytest.mark.parametrize(("name", "does"), [("migrate_database", "migrate"), ("migrate_database_status", "status")])
def test_a_deployment_migrates_and_a_question_only_looks(deployed: Deployment, name: str, does: str) -> None:
    app: Any = load("migrate_database")
    done: list[tuple[str, str]] = []
    for action in ("migrate", "status"):
        deployed.patch.setattr(app, action, lambda conninfo, action=action: done.append((action, conninfo)))
    deployed.replace("database_conninfo", lambda: "host=example.org")
    deployed.call("migrate_database", name)
    assert done == [(does, "host=example.org")]
