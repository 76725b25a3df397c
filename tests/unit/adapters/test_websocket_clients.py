"""Frames to clients: compact JSON; a client that can't be reached is told apart from a gateway that is down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from order_engine.adapters.websocket_clients import WebSocketClients
from order_engine.domain.errors import ClientGone, ClientUnreachable, DependencyUnavailable


@dataclass
class Posts:
    """The quick way, which works or does not."""

    works: bool = False
    posted: list[tuple[str, bytes]] = field(default_factory=list)

    def accepted(self, path: str, body: bytes) -> bool:
        self.posted.append((path, body))
        return self.works


def clients(client: Any, posts: Any = None) -> WebSocketClients:
    return WebSocketClients(client, posts or Posts())


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
    frame = b'{"type":"pong","text":"\\u00fc \\ud800"}'
    gateway.add_response("post_to_connection", {}, {"ConnectionId": "a", "Data": frame})
    clients(client).post("a", {"type": "pong", "text": "ü \ud800"})


def test_the_quick_way_is_enough_where_it_works(client: Any, gateway: Stubber) -> None:
    posts = Posts(works=True)
    clients(client, posts).post("a/b=", {"type": "pong"})
    assert posts.posted == [("/@connections/a%2Fb%3D", b'{"type":"pong"}')]


def test_a_connection_that_is_gone_is_told_apart(client: Any, gateway: Stubber) -> None:
    gateway.add_client_error("post_to_connection", "GoneException", http_status_code=410)
    with pytest.raises(ClientGone):
        clients(client).post("a", {})


@pytest.mark.parametrize(
    ("code", "status"),
    [("GoneException", 410), ("ForbiddenException", 403), ("LimitExceededException", 429), ("PayloadTooLarge", 413)],
)
def test_a_frame_that_does_not_arrive_is_told(client: Any, gateway: Stubber, code: str, status: int) -> None:
    gateway.add_client_error("post_to_connection", code, http_status_code=status)
    with pytest.raises(ClientUnreachable, match="connection a"):
        clients(client).post("a", {})


def test_a_gateway_that_does_not_answer_is_told() -> None:
    class Silent:
        exceptions = SimpleNamespace(GoneException=KeyError)

        def post_to_connection(self, **_: Any) -> None:
            raise ReadTimeoutError(endpoint_url="https://example.org/dev")

        delete_connection = post_to_connection

    client: Any = Silent()
    with pytest.raises(ClientUnreachable):
        clients(client).post("a", {})
    with pytest.raises(DependencyUnavailable):
        clients(client).hang_up("a")


def test_a_connection_is_closed(client: Any, gateway: Stubber) -> None:
    gateway.add_response("delete_connection", {}, {"ConnectionId": "a"})
    clients(client).hang_up("a")


def test_one_that_is_closed_already_is_fine(client: Any, gateway: Stubber) -> None:
    gateway.add_client_error("delete_connection", "GoneException", http_status_code=410)
    clients(client).hang_up("a")


def test_hanging_up_must_not_fail_unnoticed(client: Any, gateway: Stubber) -> None:
    """Without permission to close, say, nobody would be told that every push is lost."""
    gateway.add_client_error("delete_connection", "AccessDeniedException", http_status_code=403)
    with pytest.raises(DependencyUnavailable):
        clients(client).hang_up("a")
