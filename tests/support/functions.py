"""The functions, called as Lambda calls them, with everything behind the ports in memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from order_engine.adapters.simulated_market.venues import simulated_venues
from order_engine.domain.order import Order
from order_engine.entrypoints import aws_ports
from order_engine.fakes.process import ManualClock
from order_engine.fakes.rate_limiter import InMemoryRateLimiter
from tests.support.engine import InMemoryEngine, InMemoryPorts
from tests.support.events import event, sqs

FUNCTIONS = Path(__file__).parents[2] / "functions"
EVERY_FUNCTION = sorted(path.parent.name for path in FUNCTIONS.glob("*/app.py"))
NAMES = sorted(path.parent.name for path in FUNCTIONS.glob("*/settings.py"))
"""The functions that have settings: all but the one that Cognito calls, which needs none."""

SETTINGS = {
    "ORDERS_TABLE": "orders",
    "CONNECTIONS_TABLE": "connections",
    "CHAIN_TABLE": "chain",
    "COUNTERS_TABLE": "counters",
    "ORDERS_QUEUE_URL": "https://sqs.example.org/orders",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.example.org/dead-letters",
    "WEBSOCKET_API_ENDPOINT": "https://ws.example.org/dev",
    "WEBSOCKET_URL": "wss://ws.example.org/dev",
    "READ_HISTORY_FUNCTION": "read-history",
    "DASHBOARD_FOLDER": str(Path(__file__).parents[2] / "dashboard"),
    "DATABASE_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:database",
    "MAX_RETRY_ATTEMPTS": "3",
    "RETRY_BASE_DELAY_SECONDS": "1",
    "DEFAULT_SLIPPAGE": "0.01",
    "MARKET_SEED": "1",
    "QUOTE_LATENCY_MS": "200",
    "EXECUTION_LATENCY_MS": "2000",
    "QUOTE_FAILURE_RATE": "0",
    "SIMULATION_FAILURE_RATE": "0",
    "EXECUTION_FAILURE_RATE": "0",
    "MAX_ORDERS_PER_MINUTE": "0",
    "AUTH_MODE": "none",
    "TICKETS_TABLE": "tickets",
    "TOKEN_ISSUER": "https://issuer.example.org",
    "TOKEN_AUDIENCE": "browser,machine",
    "SIGN_IN_AUTHORITY": "https://issuer.example.org",
    "BROWSER_CLIENT_ID": "browser",
    "STAGE": "dev",
    "CORS_ALLOW_ORIGIN": "*",
    "POWERTOOLS_SERVICE_NAME": "test",
}
"""The environment as the template sets it; nothing fails and nobody is limited."""


@cache
def load(name: str) -> ModuleType:
    """Return a function's `app`. The modules beside it belong to it alone, as on AWS."""
    folder = FUNCTIONS / name
    spec = spec_from_file_location(f"{name}_app", folder / "app.py")
    if spec is None or spec.loader is None:
        raise AssertionError(f"There is no function {name}.")
    module = sys.modules[spec.name] = module_from_spec(spec)
    beside = {path.stem for path in folder.glob("*.py")} - {"app"}
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        for own in beside & sys.modules.keys():
            del sys.modules[own]
        spec.loader.exec_module(module)
        for own in beside & sys.modules.keys():
            del sys.modules[own]
    return module


@dataclass
class Context:
    """What Lambda tells an invocation about itself."""

    clock: ManualClock
    seconds: float
    aws_request_id: str = "6bc28136-xmpl-4365-b021-0ce6b2e64ab0"
    function_name: str = "test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:test"

    def __post_init__(self) -> None:
        self.ends_at = self.clock.now().timestamp() + self.seconds

    def get_remaining_time_in_millis(self) -> int:
        return int((self.ends_at - self.clock.now().timestamp()) * 1000)


class FunctionPorts:
    """The ports of one function: in memory, shared by all functions, and configured by its own settings."""

    def __init__(self, settings: Any, shared: InMemoryPorts, replaced: Mapping[str, object]) -> None:
        self._settings = settings
        self._shared = shared
        self._replaced = replaced

    def __getattr__(self, name: str) -> Any:
        if name in self._replaced:
            return self._replaced[name]
        if name == "venues":
            return simulated_venues(self._settings.market, self.clock, self._shared.ledger)
        if name == "rate_limiter" and (limit := self._settings.max_orders_per_minute):
            return InMemoryRateLimiter(self.clock, limit)
        return getattr(self._shared, name)


@dataclass
class Deployment:
    """All functions on one engine in memory. `engine.orders` and its other parts are what they write to."""

    patch: pytest.MonkeyPatch
    engine: InMemoryEngine = field(default_factory=InMemoryEngine)
    replaced: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.patch.setattr(aws_ports, "AwsPorts", lambda settings: FunctionPorts(settings, self.ports, self.replaced))
        self.set(**SETTINGS)

    @property
    def ports(self) -> InMemoryPorts:
        """What the functions write to and read from."""
        return self.engine.ports

    def replace(self, name: str, port: object) -> None:
        """Give the functions another port of this name."""
        self.replaced[name] = port
        forget()

    def set(self, **variables: str) -> None:
        """Set environment variables, and have settings and engines built anew."""
        for name, value in variables.items():
            self.patch.setenv(name, value)
        forget()

    def call(self, function: str, what: str | Mapping[str, Any], seconds: float = 30.0) -> Any:
        """Call a function with an event, or with the sample event of this name."""
        given = event(what) if isinstance(what, str) else what
        return load(function).handler(given, Context(self.engine.clock, seconds))

    def http(self, what: str | Mapping[str, Any], function: str = "orders_api") -> tuple[int, dict[str, str], Any]:
        """Make a request and return status, headers (with lower-case names) and the body, read if it is JSON."""
        answer = self.call(function, what)
        headers = {name.lower(): value for name, value in answer["headers"].items()}
        is_json = "json" in headers.get("content-type", "")
        return answer["statusCode"], headers, json.loads(answer["body"]) if is_json else answer["body"]

    def deliver(self, bodies: Sequence[str] | None = None, seconds: float = 30.0) -> list[str]:
        """Give `process_orders` a batch, as the event source does, and return the bodies of the batch item failures.

        Args:
            bodies: messages to put on the queue first.
        """
        for body in bodies or ():
            self.engine.queue.put(body)
        if not (batch := self.engine.queue.receive()):
            return []
        given = sqs(*(message.body for message in batch))
        for record, message in zip(given["Records"], batch, strict=True):
            record["receiptHandle"] = message.receipt
            record["attributes"]["ApproximateReceiveCount"] = str(message.receive_count)
        answer = self.call("process_orders", given, seconds)
        again = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for record in given["Records"]:
            if record["messageId"] not in again:
                self.engine.queue.delete(record["receiptHandle"])
        return [record["body"] for record in given["Records"] if record["messageId"] in again]

    def stored(self) -> list[Order]:
        """Return all orders as they are now."""
        return list(self.engine.orders.orders.values())

    def queued(self) -> list[Any]:
        """Return what the messages on the queue say."""
        return [json.loads(message.body) for message in self.engine.queue.messages]

    def frames(self, connection_id: str) -> list[Any]:
        """Return the frames that a connection has received."""
        return [json.loads(json.dumps(frame)) for frame in self.engine.clients.inboxes[connection_id]]


def forget() -> None:
    """Have every function read its settings and build its engine anew."""
    for name in NAMES:
        for built in ("settings", "ports", "engine"):
            vars(load(name).deployed).pop(built, None)
