"""CPU time of the functions: of a POST inside the handler, and of each cold start.

The handler is the deployed one with real boto3 clients; botocore sends no request and gets a canned response. CPU time
within calls to AWS is the SDK's and is shown apart. Cold starts are measured in fresh processes: the import of `app`,
then what the first event builds. The floor is what any function with boto3 and one client needs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
TARGET = 5.0
"""Milliseconds of CPU time for a POST, without calls to AWS."""
WARM_UP = 200
"""Requests before those that count."""
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_SESSION_TOKEN": "none" * 100,  # as long as those in Lambda, since it is signed each time
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "benchmark",
    "ORDERS_TABLE": "orders",
    "CONNECTIONS_TABLE": "connections",
    "CHAIN_TABLE": "chain",
    "COUNTERS_TABLE": "counters",
    "ORDERS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/orders",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/dead",
    "WEBSOCKET_API_ENDPOINT": "https://ws.example.org/dev",
    "WEBSOCKET_URL": "wss://ws.example.org/dev",
    "DATABASE_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:database",
    "READ_HISTORY_FUNCTION": "read-history",
    "DASHBOARD_FOLDER": str(ROOT / "dashboard"),
    "MAX_RETRY_ATTEMPTS": "3",
    "RETRY_BASE_DELAY_SECONDS": "1",
    "DEFAULT_SLIPPAGE": "0.01",
    "MARKET_SEED": "1",
    "QUOTE_LATENCY_MS": "0",
    "EXECUTION_LATENCY_MS": "0",
    "QUOTE_FAILURE_RATE": "0",
    "SIMULATION_FAILURE_RATE": "0",
    "EXECUTION_FAILURE_RATE": "0",
    "MAX_ORDERS_PER_MINUTE": "600",
}
"""The environment as the template sets it."""

FIRST_USE = {
    "orders_api": "app.deployed.engine.placement",
    "read_history": "app.deployed.ports.history_reader",
    "process_orders": "app.deployed.engine.processing",
    "close_dead_letters": "app.deployed.engine.dead_letter_closing",
    "sweep_orders": "app.deployed.ports.orders, app.deployed.ports.queue",
    "stream_gateway": "app.deployed.engine.sessions",
    "push_updates": "app.deployed.engine.pusher",
    "write_history": "app.deployed.ports.history, app.deployed.ports.published_counts",
}
"""What each function builds at its first event; the others build nothing."""
COLD_START = """
import sys
from time import process_time
sys.path.insert(0, sys.argv[1])
began = process_time()
import app
imported = process_time()
{first_use}
print(imported - began, process_time() - imported)
"""
FLOOR = """
from time import process_time
began = process_time()
import boto3
imported = process_time()
boto3.client("dynamodb")
print(imported - began, process_time() - imported)
"""


@dataclass(slots=True)
class Stopwatch:
    """Adds up the CPU time of calls, in seconds."""

    spent: float = 0.0
    calls: int = 0

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return the same call, measured."""

        def measured(*arguments: Any, **named: Any) -> Any:
            began = process_time()
            try:
                return call(*arguments, **named)
            finally:
                self.spent += process_time() - began
                self.calls += 1

        return measured


@dataclass(frozen=True, slots=True)
class Post:
    """The CPU time of one POST in milliseconds: all of it, and the share of the AWS SDK."""

    total: float
    aws: float
    calls: int

    @property
    def own(self) -> float:
        """The handler's own share."""
        return self.total - self.aws


@dataclass(frozen=True, slots=True)
class ColdStart:
    """Seconds of the import, and of what the first event needs beside it."""

    imports: list[float] = field(default_factory=list)
    first_uses: list[float] = field(default_factory=list)

    @property
    def milliseconds(self) -> tuple[float, float]:
        """The medians."""
        return statistics.median(self.imports) * 1000, statistics.median(self.first_uses) * 1000


def measure_posts(count: int) -> list[Post]:
    """Place this many orders with the handler of `orders_api`, after a warm-up."""
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415 - not before the environment is set
    from botocore.client import BaseClient  # noqa: PLC0415
    from botocore.httpsession import URLLib3Session  # noqa: PLC0415

    class Answer:
        """A body that has been read."""

        def stream(self) -> list[bytes]:
            """Return the body: what UpdateItem answers, and enough for the other calls."""
            return [b'{"Attributes":{"orders":{"N":"1"}},"MessageId":"1"}']

    headers: Any = {"Content-Type": "application/x-amz-json-1.0"}
    client: Any = BaseClient

    def respond(_session: Any, request: Any) -> AWSResponse:
        return AWSResponse(request.url, 200, headers, Answer())

    event = json.loads((ROOT / "events" / "http_place_order.json").read_text())
    measured: list[Post] = []
    watch = Stopwatch()
    with (
        patch.object(URLLib3Session, "send", respond),
        patch.object(client, "_make_api_call", watch.around(client._make_api_call)),
        Path(os.devnull).open("w") as nowhere,
        redirect_stdout(nowhere),  # loggers take it when they are made
    ):
        sys.path.insert(0, str(ROOT / "functions" / "orders_api"))
        import app  # type: ignore[import-not-found]  # noqa: PLC0415

        for _ in range(WARM_UP + count):
            watch.spent, watch.calls = 0.0, 0
            began = process_time()
            answer = app.handler(event, Context())
            measured.append(Post((process_time() - began) * 1000, watch.spent * 1000, watch.calls))
            if answer["statusCode"] != 201:
                raise AssertionError(answer)
    return measured[WARM_UP:]


class Context:
    """What Lambda tells an invocation about itself."""

    function_name = "benchmark"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:benchmark"
    aws_request_id = "1"


def measure_cold_start(script: str, *arguments: str, runs: int, bytecode: str) -> ColdStart:
    """Run a script in fresh processes; it prints two times. A first run is not counted: it compiles.

    Args:
        bytecode: the folder for the compiled modules. A virtual environment may hold some, all or none of them.
    """
    environment = os.environ | {
        "PYTHONPATH": str(ROOT / "layers" / "order_engine"),
        "PYTHONPYCACHEPREFIX": bytecode,
        "PYTHONDONTWRITEBYTECODE": "",
    }
    measured = ColdStart()
    for run in range(runs + 1):
        command = [sys.executable, "-c", script, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        imported, first_use = map(float, done.stdout.split())
        if run:
            measured.imports.append(imported)
            measured.first_uses.append(first_use)
    return measured


def measure_cold_starts(runs: int) -> dict[str, ColdStart]:
    """Measure every function, and first the floor."""
    with TemporaryDirectory(prefix="bytecode-") as bytecode:
        measured = {"(boto3 and one client)": measure_cold_start(FLOOR, runs=runs, bytecode=bytecode)}
        for app in sorted(ROOT.glob("functions/*/app.py")):
            name = app.parent.name
            script = COLD_START.format(first_use=FIRST_USE.get(name, ""))
            measured[name] = measure_cold_start(script, str(app.parent), runs=runs, bytecode=bytecode)
        return measured


def posts_table(measured: list[Post]) -> Table:
    """Return the CPU time of POSTs as a table."""
    table = Table(title=f"CPU time of a POST with {measured[0].calls} calls to AWS")
    for column in ("", "p50", "p95", "p99", f"p50 / {TARGET:.0f} ms"):
        table.add_column(column, justify="right" if column else "left")
    shares: dict[str, list[float]] = {
        "handler": [post.own for post in measured],
        "AWS SDK": [post.aws for post in measured],
        "together": [post.total for post in measured],
    }
    for name, values in shares.items():
        percentiles = statistics.quantiles(values, n=100)
        row = [f"{percentiles[at]:.2f} ms" for at in (49, 94, 98)]
        table.add_row(name, *row, f"{percentiles[49] / TARGET:.2f}")
    return table


def cold_starts_table(measured: dict[str, ColdStart]) -> Table:
    """Return the cold starts as a table."""
    table = Table(title="Cold starts: median CPU time in a fresh process")
    for column in ("function", "import", "first use", "together", "ratio"):
        table.add_column(column, justify="left" if column == "function" else "right")
    floor = sum(next(iter(measured.values())).milliseconds)
    for name, cold in measured.items():
        imports, first_use = cold.milliseconds
        together = imports + first_use
        table.add_row(name, *(f"{ms:.0f} ms" for ms in (imports, first_use, together)), f"{together / floor:.2f}")
    return table


def main() -> int:
    """Measure; the exit code says whether the target was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=5, help="fresh processes for each function")
    arguments = parser.parse_args()
    os.environ.update(SETTINGS)
    console = Console()
    measured = measure_posts(arguments.requests)
    console.print(posts_table(measured))
    console.print(cold_starts_table(measure_cold_starts(arguments.runs)))
    return 0 if statistics.median(post.own for post in measured) < TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
