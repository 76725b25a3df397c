"""Administrators get their scope when Cognito makes their tokens, and nobody else does, whatever the event is like."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest

from tests.support.functions import FUNCTIONS, load

Event = dict[str, Any]
ASSIGNED = {"claimsAndScopeOverrideDetails": {"accessTokenGeneration": {"scopesToAdd": ["orders/admin"]}}}
NOTHING = {"claimsAndScopeOverrideDetails": None}


def signed_in(*groups: str, trigger: str = "TokenGeneration_HostedAuth") -> Event:
    """Return the event of a person's tokens, as in Cognito's developer guide."""
    return {
        "version": "2",
        "triggerSource": trigger,
        "region": "eu-central-1",
        "userPoolId": "eu-central-1_EXAMPLE",
        "userName": "olga",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "1example23456789"},
        "request": {
            "userAttributes": {"sub": "dded45c7-106a-4c75-b858-d4eff8c4e041", "cognito:user_status": "CONFIRMED"},
            "groupConfiguration": {"groupsToOverride": [*groups], "iamRolesToOverride": [], "preferredRole": None},
            "scopes": ["openid", "orders/read", "orders/write"],
        },
        "response": deepcopy(NOTHING),
    }


def response(event: Event) -> Any:
    given = deepcopy(event)
    answer = load("assign_scopes").handler(event, None)
    assert {**answer, "response": None} == {**given, "response": None}  # Cognito wants back what it has sent
    return answer["response"]


@pytest.mark.parametrize("source", ["HostedAuth", "NewPasswordChallenge", "RefreshTokens"])
def test_administrators_get_the_scope_at_every_sign_in_and_refresh(source: str) -> None:
    assert response(signed_in("desk", "admins", trigger=f"TokenGeneration_{source}")) == ASSIGNED


@pytest.mark.parametrize("groups", [(), ("desk",), ("Admins",), ("admins ",), ("not-admins", "administrators")])
def test_others_get_what_they_have_asked_for(groups: tuple[str, ...]) -> None:
    assert response(signed_in(*groups)) == NOTHING


def test_machines_are_left_alone() -> None:
    event = signed_in("admins", trigger="TokenGeneration_ClientCredentials") | {"version": "3"}
    assert response(event) == NOTHING


@pytest.mark.parametrize("source", ["Authentication", "AuthenticateDevice", "ClientCredentials", "", "New"])
def test_tokens_that_are_not_from_the_sign_in_page_are_left_alone(source: str) -> None:
    assert response(signed_in("admins", trigger=f"TokenGeneration_{source}")) == NOTHING


def odd(change: Mapping[str, Any], *path: str) -> Event:
    """Return an administrator's event with fields changed somewhere in it, or removed where they are None."""
    event = signed_in("admins")
    place = event
    for name in path:
        place = place[name]
    for name, value in change.items():
        place[name] = value
        if value is None:
            del place[name]
    return event


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"response": NOTHING},
        odd({"version": "1"}),
        odd({"version": "3"}),
        odd({"version": 2}),
        odd({"version": None}),
        odd({"triggerSource": None}),
        odd({"triggerSource": ["TokenGeneration_HostedAuth"]}),
        odd({"request": None}),
        odd({"request": "admins"}),
        odd({"groupConfiguration": None}, "request"),
        odd({"groupConfiguration": ["admins"]}, "request"),
        odd({"groupsToOverride": None}, "request", "groupConfiguration"),
        odd({"groupsToOverride": "admins"}, "request", "groupConfiguration"),
        odd({"groupsToOverride": {"admins": True}}, "request", "groupConfiguration"),
        odd({"groupsToOverride": [["admins"]]}, "request", "groupConfiguration"),
    ],
)
def test_nothing_else_makes_an_administrator(event: Event) -> None:
    assert response({"response": deepcopy(NOTHING)} | event) == NOTHING


def test_a_log_line_says_who_became_one(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        response(signed_in("desk"))
        response(signed_in("admins"))
    (record,) = caplog.records
    assert (record.message, vars(record)["user_name"]) == ("administrator", "olga")


def test_it_needs_nothing_but_python() -> None:
    probe = "import sys; sys.path.insert(0, sys.argv[1]); import app; print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-c", probe, str(FUNCTIONS / "assign_scopes")]  # without site packages
    modules = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split()
    assert {name.partition(".")[0] for name in modules} - sys.stdlib_module_names - {"__main__", "app"} <= {
        "sitecustomize"
    }
