"""Invalid settings fail a function's first event, each by its name, before anything has happened."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import MISSING, fields
from typing import Any

import pytest

from order_engine.application.identity import ANYONE
from order_engine.application.ports import StatusCounts, Subscription
from order_engine.application.targets import ALL
from order_engine.entrypoints.settings import InvalidSettings
from order_engine.fakes.queue import Message
from tests.support.events import ALICES_ORDER, CONNECTION, event
from tests.support.functions import NAMES, SETTINGS, Deployment, load
from tests.support.orders import new_order

FIRST_EVENT = {
    "close_dead_letters": "schedule",
    "migrate_database": "migrate_database",
    "orders_api": "http_place_order",
    "process_orders": "sqs_wake_up",
    "push_updates": "dynamodb_order_stream",
    "read_history": "http_list_orders",
    "stream_authorizer": "authorize_ticket",
    "stream_gateway": "websocket_execute_order",
    "sweep_orders": "schedule",
    "write_history": "dynamodb_order_stream",
}
OVER_HTTP = {"orders_api", "read_history"}
READS_ONLY = {"read_history", "stream_authorizer"}
INVALID = {"DEFAULT_SLIPPAGE": "0.6", "MAX_ORDERS_PER_MINUTE": "many", "ORDERS_TABLE": ""}
PROBLEMS = {
    "ORDERS_TABLE is not set; the template sets it for every function that needs it.",
    "DEFAULT_SLIPPAGE must be a fraction from 0 to 0.5 with at most 4 decimals, such as 0.01 for 1 %; it is '0.6'.",
    "MAX_ORDERS_PER_MINUTE must be a whole number from 0 to 1000000; it is 'many'.",
}
BOUNDED = (
    "DEFAULT_SLIPPAGE",
    "MAX_RETRY_ATTEMPTS",
    "RETRY_BASE_DELAY_SECONDS",
    "QUOTE_LATENCY_MS",
    "EXECUTION_LATENCY_MS",
    "QUOTE_FAILURE_RATE",
    "SIMULATION_FAILURE_RATE",
    "EXECUTION_FAILURE_RATE",
    "MAX_ORDERS_PER_MINUTE",
)


def variables(function: str) -> list[str]:
    """Return the variables of a function's settings."""
    return [setting.name.upper() for setting in fields(load(function).deployed.kind)]


def required(function: str) -> list[str]:
    """Return those without which it can't work."""
    kind: Any = load(function).deployed.kind
    return [setting.name.upper() for setting in fields(kind) if setting.default is MISSING]


def health(**query: str) -> dict[str, Any]:
    return event("http_health") | {"queryStringParameters": query}


@pytest.fixture
def migrations(deployed: Deployment) -> list[str]:
    """Give what is migrated: a list of connection strings."""
    migrated: list[str] = []
    deployed.patch.setattr(load("migrate_database"), "migrate", migrated.append)
    deployed.replace("database_conninfo", lambda: "host=example.org")
    return migrated


@pytest.fixture
def busy(deployed: Deployment) -> Deployment:
    """Give an engine in which each function has something to do."""
    engine = deployed.engine
    engine.orders.create(new_order(ALICES_ORDER, at=engine.clock.now()))
    engine.clock.sleep(60)  # now it is overdue
    engine.queue.dead.append(Message(json.dumps({"orderId": ALICES_ORDER}), engine.clock.now()))
    engine.subscriptions.connect(CONNECTION, ANYONE, Subscription(ALL, CONNECTION))
    return deployed


def everything(deployed: Deployment, migrations: list[str]) -> Any:
    """Return a copy of all that is stored, queued, sent and migrated."""
    engine, ports = deployed.engine, deployed.ports
    return deepcopy(
        (
            (engine.orders.orders, engine.ledger.records, engine.queue.messages, engine.queue.dead),
            (engine.subscriptions.rows, engine.subscriptions.connections, dict(engine.clients.inboxes)),
            (ports.history.orders, ports.published_counts.counts, migrations),
        )
    )


def test_every_function_has_a_first_event() -> None:
    assert FIRST_EVENT.keys() == set(NAMES)


@pytest.mark.parametrize("function", NAMES)
def test_bad_settings_fail_the_first_event_and_good_ones_the_next_do_not(
    busy: Deployment, migrations: list[str], function: str
) -> None:
    before = everything(busy, migrations)
    busy.set(**dict.fromkeys(variables(function), ""))
    invalid = refused(busy, function)
    assert [problem.partition(" ")[0] for problem in invalid.problems] == required(function)
    assert everything(busy, migrations) == before
    busy.set(**SETTINGS)
    busy.call(function, FIRST_EVENT[function], 60)
    assert (everything(busy, migrations) == before) == (function in READS_ONLY)


def refused(deployed: Deployment, function: str) -> InvalidSettings:
    """Call a function with its first event, and return what its log or the invocation's failure says."""
    if function not in OVER_HTTP:
        with pytest.raises(InvalidSettings) as failure:
            deployed.call(function, FIRST_EVENT[function], 60)
        return failure.value
    logged: list[BaseException | None] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load(function).logger, "error", lambda _, exc_info: logged.append(exc_info))
        status, _, body = deployed.http(FIRST_EVENT[function], function)
    assert (status, body["code"]) == (500, "internal_error")
    assert not any(variable in json.dumps(body) for variable in variables(function))
    (invalid,) = logged
    assert isinstance(invalid, InvalidSettings)
    return invalid


@pytest.mark.parametrize("variable", BOUNDED)
@pytest.mark.parametrize("value", ["", "x", "-1", "nan", "inf", "1e99", "0x1", "1,5"])
def test_an_invalid_setting_is_refused_and_named(deployed: Deployment, variable: str, value: str) -> None:
    functions = [function for function in NAMES if variable in variables(function)]
    assert functions
    deployed.set(**{variable: value})
    for function in functions:
        with pytest.raises(InvalidSettings) as invalid:
            _ = load(function).deployed.engine
        (problem,) = invalid.value.problems
        assert problem.startswith(f"{variable} ")


def test_a_bad_default_slippage_is_not_the_clients_fault_and_nothing_is_stored(deployed: Deployment) -> None:
    deployed.set(DEFAULT_SLIPPAGE="5")
    assert deployed.http("http_place_order")[0] == 500
    assert (deployed.stored(), deployed.engine.queue.messages) == ([], [])


def test_bad_settings_show_in_the_health_check(deployed: Deployment) -> None:
    assert deployed.http(health())[0] == 200
    deployed.set(**INVALID)
    status, headers, body = deployed.http(health())
    assert (status, body["status"], body.keys()) == (503, "unhealthy", {"status", "timestamp"})
    assert headers["cache-control"] == "no-store"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["timestamp"])


def test_the_deep_health_check_tells_what_is_wrong_with_the_settings(deployed: Deployment) -> None:
    deployed.set(**INVALID)
    status, _, body = deployed.http(health(deep="1"))
    assert (status, body["status"]) == (503, "unhealthy")
    assert body["dependencies"] == {"settings": "unhealthy"}
    assert (len(body["problems"]), set(body["problems"])) == (3, PROBLEMS)


@pytest.mark.parametrize("query", [{}, {"deep": "1"}])
def test_good_settings_are_no_problem(deployed: Deployment, query: dict[str, str]) -> None:
    deployed.ports.published_counts.publish(StatusCounts(1, {}))
    status, _, body = deployed.http(health(**query))
    assert (status, body["status"], body.keys()) == (200, "healthy", {"status", "timestamp"})
