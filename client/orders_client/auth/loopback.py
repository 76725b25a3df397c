"""`Loopback`: receives the browser at the end of a sign-in, on this machine (RFC 8252, 7.3)."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Thread
from urllib.parse import urlsplit

from orders_client.errors import SignInFailed

PORTS = (8976, 8977, 8978)
"""Ports whose redirect addresses the authority knows."""

_HOST = "127.0.0.1"
_PATH = "/callback"
_PAGE = """<!doctype html><meta charset="utf-8"><title>orders</title>
<body style="font: 1.1rem system-ui; margin: 20vh auto; max-width: 30rem">
<p>{}
"""
_RECEIVED = _PAGE.format("That was all for the browser: close this tab and go on in the terminal.").encode()
_IGNORED = _PAGE.format("This belongs to no sign-in that waits here: close this tab.").encode()


class Loopback:
    """A web server that waits for one answer.

    Any page and any program on this machine can send one: until `accept` says which to take, none is.

    Args:
        port: where it listens.
    """

    def __init__(self, port: int) -> None:
        self.redirect_uri = f"http://localhost:{port}{_PATH}"
        self._answers: Queue[str] = Queue()
        self._is_awaited: Callable[[str], bool] = lambda _: False
        self._server = _Server((_HOST, port), _handler(self._takes, self._answers))

    def accept(self, is_awaited: Callable[[str], bool]) -> None:
        """Take only answers whose address passes; the others are refused, and do not end the wait."""
        self._is_awaited = is_awaited

    def wait(self, seconds: float) -> str:
        """Return the address with which the browser came back. Raises `SignInFailed` where it does not in time."""
        try:
            return self._answers.get(timeout=seconds)
        except Empty:
            message = f"Nobody signed in within {seconds / 60:g} minutes."
            raise SignInFailed(
                message, "Try again: orders login. On a machine without a browser: --no-browser."
            ) from None

    def serve(self) -> None:
        """Serve until it is closed."""
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def _takes(self, answer: str) -> bool:
        return self._is_awaited(answer)


@contextmanager
def loopback(ports: tuple[int, ...]) -> Iterator[Loopback]:
    """Listen on the first of these ports that is free. Raises `SignInFailed` where none is."""
    listener = _listen(ports)
    thread = Thread(target=listener.serve, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        listener.close()
        thread.join()


def _listen(ports: tuple[int, ...]) -> Loopback:
    for port in ports:
        if not _is_taken_on_ipv6(port):
            with suppress(OSError):
                return Loopback(port)
    taken = ", ".join(map(str, ports))
    raise SignInFailed(f"Other programs use the ports {taken}, where the browser would come back.", "End one of them.")


def _is_taken_on_ipv6(port: int) -> bool:
    """Whether somebody else would be asked first: browsers take `localhost` for ::1 where that answers."""
    with suppress(OSError), socket.create_connection(("::1", port), timeout=1):
        return True
    return False


class _Server(ThreadingHTTPServer):
    """Serves each connection in a thread: browsers open some on which they send nothing."""

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # there it would let others listen on the same port


def _handler(takes: Callable[[str], bool], answers: Queue[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            if urlsplit(self.path).path != _PATH:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            if not takes(self.path):
                self._send_page(HTTPStatus.BAD_REQUEST, _IGNORED)
                return
            self._send_page(HTTPStatus.OK, _RECEIVED)
            answers.put(self.path)

        def _send_page(self, status: HTTPStatus, page: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:
            """Write nothing: the address has the code in it."""

    return Handler
