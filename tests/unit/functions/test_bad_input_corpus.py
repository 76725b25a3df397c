"""The corpus of bad input, given to the functions themselves: also what a gateway or a parser before them refuses."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

from order_engine.contracts.problems import CONTENT_TYPE
from tests.corpus.frames import LONGEST_MESSAGE, QUERIES, frames
from tests.corpus.http import Request, requests
from tests.corpus.messages import messages
from tests.support.events import CONNECTION, event, frame, sqs
from tests.support.functions import Deployment

AT_LEAST = 300
"""Cases of each kind."""
BATCH = 10


@pytest.fixture(autouse=True)
def nothing_is_stored(deployed: Deployment) -> Iterator[None]:
    """Nothing is stored, queued, swapped or subscribed to."""
    engine = deployed.engine
    yield
    assert (engine.orders.orders, engine.queue.messages, engine.ledger.records) == ({}, [], {})
    assert (engine.subscriptions.rows, engine.subscriptions.stream, deployed.ports.history.orders) == ({}, [], {})


@pytest.mark.parametrize(
    "cases",
    [
        [(request.method, request.path, request.headers, request.body) for request in requests()],
        [*(content for _, content in frames()), *QUERIES],
        [body for _, body in messages()],
    ],
    ids=["requests", "frames and queries", "messages"],
)
def test_there_are_enough_cases_of_each_kind_and_none_twice(cases: list[Any]) -> None:
    assert len(set(cases)) == len(cases) >= AT_LEAST


def test_requests_are_refused_with_a_problem(deployed: Deployment) -> None:
    assert [told for request in requests() if (told := refused(deployed, request))] == []


def refused(deployed: Deployment, request: Request) -> str | None:
    status, headers, body = deployed.http(as_event(request), function_for(request))
    if 400 <= status < 500 and headers["content-type"] == CONTENT_TYPE and body["status"] == status:
        return None
    return f"{request.name}: {status} {body}"


def function_for(request: Request) -> str:
    """Return the function that the template routes a request to."""
    path = request.path.partition("?")[0]
    lists = request.method == "GET" and (path == "/api/orders" or path.endswith("/history"))
    return "read_history" if lists else "orders_api"


def as_event(request: Request) -> dict[str, Any]:
    """Return what API Gateway makes of a request; with everything in it that a server might have refused."""
    path, _, query = request.path.partition("?")
    given = event("http_place_order")
    given["headers"] = {name.lower(): value for name, value in request.headers}
    given["rawPath"] = given["requestContext"]["http"]["path"] = unquote(path)
    given["rawQueryString"] = query
    given["queryStringParameters"] = parameters(query)
    given["requestContext"]["http"]["method"] = request.method
    return given | as_body(request.body)


def parameters(query: str) -> dict[str, str]:
    """Return the parameters as API Gateway has them: several of one name joined by commas."""
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, []).append(value)
    return {name: ",".join(given) for name, given in values.items()}


def as_body(content: bytes) -> dict[str, Any]:
    try:
        return {"body": content.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {"body": b64encode(content).decode(), "isBase64Encoded": True}


def test_frames_are_answered_with_one_error(deployed: Deployment) -> None:
    deployed.call("stream_gateway", "websocket_connect_bare")
    wrong = [f"{name}: {told}" for name, body in frame_bodies() if (told := answered_wrong(deployed, body))]
    assert wrong == []
    assert deployed.engine.subscriptions.connections == {CONNECTION: set()}


def frame_bodies() -> Iterator[tuple[str, str]]:
    """Yield all frames; binary ones in both ways in which a gateway may pass them on."""
    for name, content in frames(LONGEST_MESSAGE):
        if isinstance(content, bytes):
            yield f"{name}, in Base64", b64encode(content).decode()
            yield name, content.decode(errors="replace")
        else:
            yield name, content


def answered_wrong(deployed: Deployment, body: str) -> list[Any] | None:
    assert deployed.call("stream_gateway", frame(body)) == {"statusCode": 200}
    answers = deployed.frames(CONNECTION)
    deployed.engine.clients.inboxes.clear()
    is_error = len(answers) == 1 and answers[0]["type"] == "error" and answers[0]["code"] != "internal_error"
    return None if is_error else answers


@pytest.mark.parametrize("query", QUERIES)
def test_connections_are_refused(deployed: Deployment, query: str) -> None:
    given = event("websocket_connect_bare")
    given["queryStringParameters"] = parameters(query)
    assert deployed.call("stream_gateway", given) == {"statusCode": 400}
    assert deployed.engine.subscriptions.connections == {}


class Pauses(list[float]):
    """A queue that only notes the visibility timeouts with which messages are given back."""

    def give_back(self, _receipt: str, after: float) -> None:
        self.append(after)


def test_messages_go_straight_to_the_dead_letters(deployed: Deployment) -> None:
    deployed.replace("queue", pauses := Pauses())
    everything = list(messages())
    for start in range(0, len(everything), BATCH):
        batch = everything[start : start + BATCH]
        answer = deployed.call("process_orders", sqs(*(body for _, body in batch)))
        again = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        assert [name for at, (name, _) in enumerate(batch) if f"message-{at}" not in again] == []
        assert pauses == [0] * (start + len(batch)), batch  # another timeout: for a failure of processing
