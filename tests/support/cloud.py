"""What tests on the local cloud share: a good order, settings without chance, and waiting for what is to come."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from websockets.sync.client import ClientConnection

from local.cloud import LocalCloud, temporary_cloud
from tests.support.documents import assert_message
from tests.support.secrets import secrets_in_logs

T = TypeVar("T")
Message = dict[str, Any]

TERMINAL = {"confirmed", "failed", "cancelled"}
ORDER = {"orderType": "market", "tokenIn": "SOL", "tokenOut": "USDC", "amountIn": "1.5", "slippage": "0.01"}
# No waiting and no bad luck, unless a test asks for them: `with cloud.parameters(QuoteFailureRate="1"): ...`
PARAMETERS = {
    "QuoteLatencyMs": "0",
    "ExecutionLatencyMs": "0",
    "QuoteFailureRate": "0",
    "SimulationFailureRate": "0",
    "ExecutionFailureRate": "0",
    "RetryBaseDelaySeconds": "0",
}


@contextmanager
def cloud_for_tests(**parameters: str) -> Iterator[LocalCloud]:
    """Run a cloud for a session of tests; fail if a token or a ticket is in its logs at the end."""
    with temporary_cloud(**PARAMETERS | parameters) as cloud:
        yield cloud
        logged = secrets_in_logs(cloud)
        assert not logged, "Tokens or tickets were logged:\n" + "\n".join(logged)


def messages_until(
    connection: ClientConnection, is_last: Callable[[Message], bool], seconds: float = 30
) -> list[Message]:
    """Return what a WebSocket receives, all of it documented, up to the message that `is_last`."""
    messages: list[Message] = []
    deadline = time.monotonic() + seconds
    while not (messages and is_last(messages[-1])):
        messages.append(json.loads(connection.recv(timeout=deadline - time.monotonic())))
        assert_message(messages[-1])
    return messages


def eventually(look: Callable[[], T], found: Callable[[T], object] = bool, seconds: float = 30) -> T:
    """Look again and again until what is there has been `found`, and return it; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not found(there := look()):
        assert time.monotonic() < deadline, f"after {seconds} s there is only {there}"
        time.sleep(0.05)
    return there
