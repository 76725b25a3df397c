"""A person at a browser: opens the sign-in page, fills in its form, and is sent back to the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Thread
from typing import Any
from urllib.parse import urljoin

import httpx
from typer.testing import CliRunner, Result

from orders_client import Retries
from orders_client.auth.password import form_in
from orders_client.cli.app import app
from orders_client.cli.shared import Setup
from tests.unit.client.stub_cloud import StubCloud


@dataclass
class StubBrowser:
    """Opens addresses in threads, as a browser does.

    Args:
        alter: changes the address that leads back to the command line.
    """

    user: str = "alice"
    password: str = "correct horse"
    alter: Callable[[str], str] = lambda url: url
    opened: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    threads: list[Thread] = field(default_factory=list)

    def __call__(self, url: str) -> bool:
        self.opened.append(url)
        self.threads.append(Thread(target=self._sign_in, args=[url]))
        self.threads[-1].start()
        return True

    def _sign_in(self, url: str) -> None:
        with httpx.Client() as http:
            page = http.get(url)
            form = form_in(page.text)
            filled_in = {**form.fields, "username": self.user, "password": self.password}
            answer = http.post(urljoin(url, form.action), data=filled_in)
            back = self.alter(answer.headers["location"])
            http.get(urljoin(back, "/favicon.ico"))
            self.pages.append(http.get(back).text)


def run(cloud: StubCloud, *arguments: str, typed: str | None = None, **setup: Any) -> Result:
    """Run a command against the stub cloud."""
    options: dict[str, Any] = {"retries": Retries(attempts=1), "redirect_ports": (free_port(),)} | setup
    return CliRunner().invoke(
        app, [*arguments, "--url", cloud.url], obj=Setup(**options), env={"COLUMNS": "200"}, input=typed
    )


def sign_in(cloud: StubCloud, **setup: Any) -> Result:
    """Sign in as alice, and have it done."""
    done = run(cloud, "login", open_browser=StubBrowser(), **setup)
    assert done.exit_code == 0, done.output
    return done


def free_port() -> int:
    """Return a port that is free at the moment."""
    import socket  # noqa: PLC0415 - the name is replaced where a test may use sockets

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
