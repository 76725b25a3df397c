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

from order_engine import bootstrap
from order_engine.application.order_history import OrderFilter, OrderTrail, Page, Position, failures
from order_engine.application.ports import QueueFigures
from order_engine.domain.errors import DependencyUnavailable, OrderNotFound
from order_engine.domain.order import Order
from order_engine.fakes.history import InMemoryHistory, InMemoryStatusCounts
from order_engine.fakes.process import ManualClock, SequentialExecutor
from order_engine.fakes.queue import InMemoryDeadLetters
from tests.support.engine import Engine
from tests.support.events import event, sqs

FUNCTIONS = Path(__file__).parents[2] / "functions"
NAMES = sorted(path.parent.name for path in FUNCTIONS.glob("*/app.py"))

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


@dataclass
class Reader:
    """`HistoryReader` on the history in memory."""

    history: InMemoryHistory
    asked: list[tuple[OrderFilter, int, Position | None]] = field(default_factory=list)

    def list_orders(self, wanted: OrderFilter, limit: int, after: Position | None = None) -> Page:
        self.asked.append((wanted, limit, after))
        mine = [one for one in self.history.orders.values() if wanted.user_id in (None, one.user_id)]
        return Page(tuple(mine[:limit]), None)

    def trail(self, order_id: str) -> OrderTrail:
        if order_id not in self.history.orders:
            raise OrderNotFound(order_id)
        order = self.history.orders[order_id]
        return OrderTrail(order, tuple(failures(order)))


@dataclass
class Service:
    """Something that is asked whether it is there."""

    down: bool = False

    def check(self) -> None:
        if self.down:
            raise DependencyUnavailable("no answer")


@dataclass
class Gauge:
    """`QueueGauge` on the queue in memory."""

    engine: Engine

    def figures(self) -> QueueFigures:
        queue = self.engine.queue
        return QueueFigures(len(queue.messages), 0, 0, len(queue.dead))


@dataclass
class Deployment:
    """All functions on one engine in memory. `engine.orders` and its other parts are what they write to."""

    patch: pytest.MonkeyPatch
    engine: Engine = field(default_factory=Engine)
    history: InMemoryHistory = field(default_factory=InMemoryHistory)
    counts: InMemoryStatusCounts = field(default_factory=InMemoryStatusCounts)
    postgres: Service = field(default_factory=Service)

    def __post_init__(self) -> None:
        self.reader = Reader(self.history)
        self.dead_letters = InMemoryDeadLetters(self.engine.queue)
        self.set(**SETTINGS)
        adapters = {
            "clock": self.engine.clock,
            "executor": SequentialExecutor(),
            "orders": self.engine.orders,
            "queue": self.engine.queue,
            "queue_gauge": Gauge(self.engine),
            "dead_letters": self.dead_letters,
            "ledger": self.engine.ledger,
            "subscriptions": self.engine.subscriptions,
            "clients": self.engine.clients,
            "status_counts": self.counts,
            "history": self.history,
            "history_reader": self.reader,
            "database": self.postgres,
        }
        for name, adapter in adapters.items():
            self.replace(name, adapter)

    def replace(self, name: str, adapter: object) -> None:
        """Have `bootstrap` return this adapter."""
        self.patch.setattr(bootstrap, name, lambda: adapter)

    def set(self, **variables: str) -> None:
        """Set environment variables, and have everything built anew."""
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
        is_json = "json" in headers["content-type"]
        return answer["statusCode"], headers, json.loads(answer["body"]) if is_json else answer["body"]

    def deliver(self, bodies: Sequence[str] | None = None, seconds: float = 30.0) -> list[str]:
        """Give `process_orders` a batch, as the event source does, and return the bodies of those that come again.

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
    """Forget everything that `bootstrap` has built."""
    for made in vars(bootstrap).values():
        if hasattr(made, "cache_clear"):
            made.cache_clear()
