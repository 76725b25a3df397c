"""Posting to clients: compact JSON, one frame after the other; what went wrong decides the error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from order_engine.adapters.websocket.clients import WebSocketClients
from order_engine.application.errors import ClientGone, ClientUnreachable, DependencyUnavailable
from order_engine.application.messages import Pong, Refused, Snapshot
from order_engine.contracts.frames import JsonFrameCodec
from order_engine.contracts.json_body import MalformedJson
from order_engine.domain.errors import QuoteUnavailable
from tests.support.orders import FAILED, START, after, new_order

PONG = Pong(START)
FRAME = b'{"type":"pong","timestamp":"2026-03-01T12:00:00.000Z"}'


@dataclass
class Posts:
    """`SignedPosts` of which every post succeeds, or fails."""

    works: bool = False
    posted: list[tuple[str, bytes]] = field(default_factory=list)

    def post(self, path: str, body: bytes) -> bool:
        self.posted.append((path, body))
        return self.works


def clients(client: Any, posts: Posts | None = None) -> WebSocketClients:
    quick: Any = posts or Posts()
    return WebSocketClients(client, quick, JsonFrameCodec())


@pytest.fixture(scope="module")
def client() -> Any:
    session = boto3.Session("testing", "testing", region_name="eu-central-1")
    return session.client("apigatewaymanagementapi", endpoint_url="https://example.org/dev")


@pytest.fixture
def gateway(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_a_frame_is_compact_json(client: Any, gateway: Stubber) -> None:
    frame = b'{"type":"error","code":"invalid_json","message":"\\u00fc \\ud800"}'
    gateway.add_response("post_to_connection", {}, {"ConnectionId": "a", "Data": frame})
    clients(client).post("a", Refused(MalformedJson("invalid_json", "ü \ud800")))


def test_boto3_is_not_asked_where_the_signed_post_works(client: Any, gateway: Stubber) -> None:
    posts = Posts(works=True)
    clients(client, posts).post("a/b=", PONG)
    assert posts.posted == [("/@connections/a%2Fb%3D", FRAME)]


def test_each_frame_of_a_message_is_a_post_of_its_own(client: Any, gateway: Stubber) -> None:
    posts, message = Posts(works=True), Snapshot(after(new_order(), *FAILED, error=QuoteUnavailable("x" * 10_000)))
    clients(client, posts).post("a", message)
    frames = [frame.encode() for frame in JsonFrameCodec().encode(message)]
    assert posts.posted == [("/@connections/a", frame) for frame in frames]
    assert len(frames) > 1


def test_after_a_frame_that_is_refused_no_other_is_sent(client: Any, gateway: Stubber) -> None:
    posts, message = Posts(), Snapshot(after(new_order(), *FAILED, error=QuoteUnavailable("x" * 10_000)))
    gateway.add_client_error("post_to_connection", "GoneException", http_status_code=410)
    with pytest.raises(ClientGone):
        clients(client, posts).post("a", message)
    assert len(posts.posted) == 1


def test_a_connection_that_is_gone_is_told_apart(client: Any, gateway: Stubber) -> None:
    gateway.add_client_error("post_to_connection", "GoneException", http_status_code=410)
    with pytest.raises(ClientGone):
        clients(client).post("a", PONG)


@pytest.mark.parametrize(
    ("code", "status"),
    [("GoneException", 410), ("ForbiddenException", 403), ("LimitExceededException", 429), ("PayloadTooLarge", 413)],
)
def test_a_frame_that_does_not_arrive_is_told(client: Any, gateway: Stubber, code: str, status: int) -> None:
    gateway.add_client_error("post_to_connection", code, http_status_code=status)
    with pytest.raises(ClientUnreachable, match="connection a"):
        clients(client).post("a", PONG)


def test_a_gateway_that_does_not_answer_is_told() -> None:
    class Silent:
        exceptions = SimpleNamespace(GoneException=KeyError)

        def post_to_connection(self, **_: Any) -> None:
            raise ReadTimeoutError(endpoint_url="https://example.org/dev")

        delete_connection = post_to_connection

    client: Any = Silent()
    with pytest.raises(ClientUnreachable):
        clients(client).post("a", PONG)
    with pytest.raises(DependencyUnavailable):
        clients(client).close("a")


def test_a_connection_is_closed(client: Any, gateway: Stubber) -> None:
    gateway.add_response("delete_connection", {}, {"ConnectionId": "a"})
    clients(client).close("a")


def test_closing_one_that_is_closed_already_succeeds(client: Any, gateway: Stubber) -> None:
    gateway.add_client_error("delete_connection", "GoneException", http_status_code=410)
    clients(client).close("a")


def test_closing_must_not_fail_unnoticed(client: Any, gateway: Stubber) -> None:
    """Without permission to close, say, nobody would be told that every push is lost."""
    gateway.add_client_error("delete_connection", "AccessDeniedException", http_status_code=403)
    with pytest.raises(DependencyUnavailable):
        clients(client).close("a")
