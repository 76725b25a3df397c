"""CPU time of a POST inside the deployed handler, without and with identity.

The boto3 clients are real; botocore sends no request and gets a canned response. CPU time within calls to AWS is the
SDK's and is shown apart. With identity, the answer carries a ticket, which is one more call, unless the client can do
without (`Prefer: return=minimal`).
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from time import process_time
from typing import Any
from unittest.mock import patch

from rich.table import Table

from benchmarks.settings import ROOT

WARM_UP = 200
"""Requests before those that count."""
CLAIMS = {
    "sub": "f7521813-0727-4d80-8de1-58f0f9f6b9cb",
    "token_use": "access",
    "scope": "openid orders/read orders/write",
    "exp": "4102444800",
    "client_id": "browser",
}
"""Of an access token, as the gateway's authorizer hands them on."""


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


Posts = Mapping[str, list[Post]]
"""The measured POSTs by `AuthMode`."""


def measure_posts(count: int) -> Posts:
    """Place this many orders in each mode with the handler of `orders_api`, in turn, after a warm-up."""
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

    watch = Stopwatch()
    with (
        patch.object(URLLib3Session, "send", respond),
        patch.object(client, "_make_api_call", watch.around(client._make_api_call)),
        Path(os.devnull).open("w") as nowhere,
        redirect_stdout(nowhere),  # loggers take it when they are made
    ):
        handlers = {
            "none": _handler("none", {}),
            "cognito": _handler("cognito", {}),
            "cognito, return=minimal": _handler("cognito", {"prefer": "return=minimal"}),
        }
        measured: dict[str, list[Post]] = {mode: [] for mode in handlers}
        for _ in range(WARM_UP + count):
            for mode, handle in handlers.items():
                measured[mode].append(_measured(watch, handle))
    return {mode: posts[WARM_UP:] for mode, posts in measured.items()}


def _handler(mode: str, headers: Mapping[str, str]) -> Callable[[], Any]:
    """Return what sends one request, with further headers, to a handler of its own that runs in this mode."""
    folder = ROOT / "functions" / "orders_api"
    sys.path.insert(0, str(folder))
    spec = spec_from_file_location(f"app_{mode}", folder / "app.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(folder)
    app: Any = module_from_spec(spec)
    spec.loader.exec_module(app)
    event = json.loads((ROOT / "events" / "http_place_order.json").read_text())
    event["headers"] |= headers
    event["requestContext"]["authorizer"] = {"jwt": {"claims": CLAIMS}}
    with patch.dict(os.environ, AUTH_MODE=mode):  # settings are read at the first event
        app.handler(event, Context())
    return lambda: app.handler(event, Context())


def _measured(watch: Stopwatch, handle: Callable[[], Any]) -> Post:
    watch.spent, watch.calls = 0.0, 0
    began = process_time()
    answer = handle()
    post = Post((process_time() - began) * 1000, watch.spent * 1000, watch.calls)
    if answer["statusCode"] != 201:
        raise AssertionError(answer)
    return post


class Context:
    """What Lambda tells an invocation about itself."""

    function_name = "benchmark"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:benchmark"
    aws_request_id = "1"


def posts_table(measured: Posts, target: float) -> Table:
    """Return the CPU time of POSTs as a table."""
    table = Table(title="CPU time of a POST")
    for column in ("AuthMode", "", "p50", "p95", "p99", f"p50 / {target:.0f} ms", "p50 / none"):
        table.add_column(column, justify="right" if "p" in column else "left")
    floor = _shares(measured["none"])
    for mode, posts in measured.items():
        for name, values in _shares(posts).items():
            percentiles = statistics.quantiles(values, n=100)
            row = [f"{percentiles[at]:.2f} ms" for at in (49, 94, 98)]
            ratio = statistics.median(values) / statistics.median(floor[name])
            calls = f"{name}, {posts[0].calls} calls" if name == "AWS SDK" else name
            table.add_row(mode, calls, *row, f"{percentiles[49] / target:.2f}", f"{ratio:.3f}")
    return table


def _shares(posts: list[Post]) -> dict[str, list[float]]:
    return {
        "handler": [post.own for post in posts],
        "AWS SDK": [post.aws for post in posts],
        "together": [post.total for post in posts],
    }
