"""Signed posts to clients: accepted by a gateway that checks signatures; any other answer is a False, and no error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from botocore.credentials import Credentials

from local.cloud import LocalCloud
from order_engine.adapters.websocket.signed_posts import SignedPosts
from tests.support.sockets import rows_by_connection

Socket = Callable[..., Any]

pytestmark = pytest.mark.mode_independent

NOBODY = Credentials("AKIDEXAMPLE", "secret")


def posts(cloud: LocalCloud, credentials: Credentials | None) -> SignedPosts:
    endpoint = f"{cloud.settings.aws_url}/_aws/execute-api/WebSocketApi/dev"
    return SignedPosts(endpoint, "execute-api", "us-east-1", credentials)


def test_a_signed_frame_arrives_and_others_do_not(cloud: LocalCloud, socket: Socket) -> None:
    before = rows_by_connection(cloud).keys()
    good = cloud.session.get_credentials()
    with socket() as connection, closing(posts(cloud, good)) as signed:
        (connection_id,) = rows_by_connection(cloud).keys() - before
        path = f"/@connections/{connection_id}"
        with closing(posts(cloud, NOBODY)) as foreign:
            assert not foreign.post(path, b"not signed by anybody we know")
        assert not posts(cloud, None).post(path, b"not signed at all")
        for number in range(3):
            assert signed.post(path, f"frame {number}".encode())
        assert [connection.recv(timeout=10) for _ in range(3)] == ["frame 0", "frame 1", "frame 2"]
        assert not signed.post("/@connections/unknown", b"nobody is there")


@contextmanager
def server(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), handler) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/dev"
        running.shutdown()


class Quiet(BaseHTTPRequestHandler):
    """Answers 200 and closes the connection without a word; refuses what is posted to /dev/refused."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(429 if self.path.endswith("refused") else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def test_a_connection_that_was_closed_meanwhile_is_opened_again() -> None:
    with server(Quiet) as endpoint, closing(SignedPosts(endpoint, "execute-api", "us-east-1", NOBODY)) as signed:
        outcomes = [signed.post("/@connections/a", b"{}") for _ in range(4)]
        assert outcomes[0]
        assert outcomes.count(True) >= 2
        assert not signed.post("/refused", b"{}")


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1/dev", "https://127.0.0.1:1/dev"])
def test_a_gateway_that_is_not_there_accepts_nothing(endpoint: str) -> None:
    assert not SignedPosts(endpoint, "execute-api", "us-east-1", NOBODY).post("/@connections/a", b"{}")
