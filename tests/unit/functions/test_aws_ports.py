"""The ports on AWS: a function can make all that it uses from its own settings, and they go where these say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import asdict, fields
from typing import Any

import boto3
import pytest

from order_engine.application.identity import User
from order_engine.application.ports import Unlimited
from order_engine.entrypoints import aws_ports
from order_engine.entrypoints.aws_ports import AwsPorts
from order_engine.entrypoints.settings import InvalidSettings, read_settings
from tests.support.callers import OLGA, KnownTokens, claims_of, over_http, over_websocket
from tests.support.events import event
from tests.support.functions import NAMES, SETTINGS, Deployment, FunctionPorts, load
from tests.unit.functions.sample_events import functions_by_event

DATABASE = {"host": "database.example.org", "username": "engine", "password": "secret", "dbname": "orders"}
ON_POSTGRES = {"history", "history_reader", "database_conninfo"}
FURTHER_EVENTS = {
    "orders_api": [event("http_health") | {"queryStringParameters": {"deep": "1"}}, event("http_health")],
    "write_history": [{"recount": True}],
}
FURTHER_EVENTS["orders_api"][1] |= {"rawPath": "/", "routeKey": "GET /"}
FURTHER_EVENTS["orders_api"][1]["requestContext"]["http"]["path"] = "/"
"""What functions are sent beside the sample events."""
TOKEN = event("authorize_token")["headers"]["Authorization"].removeprefix("Bearer ")


class Client:
    """A client of any AWS service that reaches nothing, but has the secret."""

    def __init__(self, service: str, **_options: Any) -> None:
        self.service = service

    def get_secret_value(self, **_parameters: Any) -> dict[str, str]:
        return {"SecretString": json.dumps(DATABASE)}


class DoublePorts(FunctionPorts):
    """The ports in memory; each one that is used is made on AWS, too, and failures to make it are recorded."""

    def __init__(self, settings: Any, deployed: Deployment, failures: dict[str, Exception]) -> None:
        super().__init__(settings, deployed.ports, deployed.replaced)
        self._aws = AwsPorts(settings)
        self._failures = failures

    def __getattr__(self, name: str) -> Any:
        try:
            getattr(self._aws, name)
            if name in ON_POSTGRES:
                self._aws.database_conninfo()
        except Exception as failure:
            self._failures[name] = failure
        return super().__getattr__(name)


def recording(settings: Any, read: set[str]) -> Any:
    """Return the same settings; the names of those that are read are recorded."""

    def getattribute(self: object, name: str) -> Any:
        read.add(name)
        return object.__getattribute__(self, name)

    return type("Recording", (type(settings),), {"__getattribute__": getattribute})(**asdict(settings))


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, deployed: Deployment) -> None:
    """Give boto3 clients that reach nothing, and credentials that are worth nothing."""
    del deployed  # whose fixture refuses all clients
    for name, value in {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test", "DEFAULT_REGION": "eu-central-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr(boto3.Session, "client", lambda _session, *given, **named: Client(*given, **named))


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("function", NAMES)
def test_a_functions_own_settings_are_all_that_its_ports_need_and_none_is_unused(
    deployed: Deployment, function: str
) -> None:
    app: Any = load(function)
    own = {setting.name for setting in fields(app.deployed.kind)}
    for variable in SETTINGS.keys() - {name.upper() for name in own}:
        deployed.patch.delenv(variable)
    deployed.set(**{"MAX_ORDERS_PER_MINUTE": "600"} if "max_orders_per_minute" in own else {})
    read: set[str] = set()
    failures: dict[str, Exception] = {}
    deployed.ports.token_verifier = KnownTokens({TOKEN: claims_of(OLGA)})
    deployed.patch.setattr(aws_ports, "AwsPorts", lambda settings: DoublePorts(settings, deployed, failures))
    if function == "migrate_database":
        deployed.replaced["database_conninfo"] = lambda: "host=example.org"
        deployed.patch.setattr(app, "migrate", lambda _conninfo: {})
        deployed.patch.setattr(app, "status", lambda _conninfo: {})
    for mode in ("none", "cognito") if "auth_mode" in own else ("none",):
        deployed.set(**{"AUTH_MODE": mode} if "auth_mode" in own else {})
        vars(app.deployed)["settings"] = recording(app.deployed.settings, read)
        for given in events_for(function):
            deployed.call(function, sent_by(OLGA, given), 60)
    assert failures == {}
    assert own - read == set()


def events_for(function: str) -> Iterator[dict[str, Any]]:
    yield from (event(name) for name, functions in functions_by_event().items() if function in functions)
    yield from deepcopy(FURTHER_EVENTS.get(function, []))


def sent_by(caller: User, given: dict[str, Any]) -> dict[str, Any]:
    """Return an event as it is where authentication is on."""
    if "requestContext" not in given:
        return given
    return over_http(caller, given) if "http" in given["requestContext"] else over_websocket(caller, given)


def ports_of(function: str, **variables: str) -> Any:
    return AwsPorts(read_settings(load(function).deployed.kind, SETTINGS | variables))


Place = Callable[[Any], str]
PLACES: list[tuple[str, str, Place]] = [
    ("orders_api", "ORDERS_TABLE", lambda ports: ports.orders.table),
    ("stream_gateway", "CONNECTIONS_TABLE", lambda ports: ports.subscriptions.table),
    ("process_orders", "CHAIN_TABLE", lambda ports: ports.venues["raydium"].ledger.table),
    ("orders_api", "COUNTERS_TABLE", lambda ports: ports.published_counts.table),
    ("orders_api", "ORDERS_QUEUE_URL", lambda ports: ports.queue.url),
    ("orders_api", "ORDERS_QUEUE_URL", lambda ports: ports.queue_gauge.url),
    ("orders_api", "DEAD_LETTER_QUEUE_URL", lambda ports: ports.queue_gauge.dead_letters_url),
    ("close_dead_letters", "DEAD_LETTER_QUEUE_URL", lambda ports: ports.dead_letters.url),
    ("orders_api", "TICKETS_TABLE", lambda ports: ports.tickets.table),
    ("stream_authorizer", "TICKETS_TABLE", lambda ports: ports.tickets.table),
    ("orders_api", "READ_HISTORY_FUNCTION", lambda ports: ports.dependencies[-1].check.__self__.function),
    ("push_updates", "WEBSOCKET_API_ENDPOINT", lambda ports: ports.clients.posts.endpoint),
    ("write_history", "POWERTOOLS_SERVICE_NAME", lambda ports: ports.history.database.application_name),
]


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(("function", "variable", "place"), PLACES)
def test_every_adapter_goes_where_the_environment_says(function: str, variable: str, place: Place) -> None:
    assert place(ports_of(function)) == SETTINGS[variable]
    assert place(ports_of(function, **{variable: "elsewhere"})) == "elsewhere"
    with pytest.raises(InvalidSettings, match=f"^{variable} is not set"):
        ports_of(function, **{variable: ""})


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("function", ["orders_api", "stream_gateway"])
def test_max_orders_per_minute(function: str) -> None:
    unlimited = ports_of(function, MAX_ORDERS_PER_MINUTE="0").rate_limiter
    assert (type(unlimited), unlimited.admit("alice")) == (Unlimited, None)
    limiter = ports_of(function, MAX_ORDERS_PER_MINUTE="5").rate_limiter
    assert (limiter.limit, limiter.table) == (5, "counters")


@pytest.mark.usefixtures("no_network")
def test_a_port_is_made_once_and_so_is_the_client_of_a_service() -> None:
    ports = ports_of("orders_api")
    assert ports.orders is ports.orders
    assert ports.orders.client is ports.published_counts.client
    assert ports.queue.client is ports.queue_gauge.client is not ports.orders.client


def test_clients_go_to_the_endpoint_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    client = ports_of("stream_gateway", WEBSOCKET_API_ENDPOINT="https://elsewhere.example.org/prod").clients.client
    assert client.meta.endpoint_url == "https://elsewhere.example.org/prod"
    assert client.meta.config.retries["total_max_attempts"] == 1
