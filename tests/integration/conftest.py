"""A local cloud for the integration tests: everything real but AWS itself, with IAM enforced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import DictRow, dict_row
from websockets.sync.client import ClientConnection, connect

from local.cloud import LocalCloud
from tests.support.attacks import Person, person
from tests.support.cloud import ORDER, TERMINAL, Message, cloud_for_tests, eventually
from tests.support.documents import assert_answer
from tests.support.identity import identity_headers
from tests.support.secrets import note_tickets


@pytest.fixture(scope="session")
def cloud(auth_mode: str) -> Iterator[LocalCloud]:
    """Give a local cloud with the stack in it; started once for all tests."""
    with cloud_for_tests(AuthMode=auth_mode) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def api(cloud: LocalCloud) -> Iterator[httpx.Client]:
    """Give a client of the HTTP API that takes no answer but those that are documented.

    Where authentication is on, it is an administrator's, who may trade too.
    """
    hooks = {"response": [note_tickets, assert_answer]}
    with httpx.Client(
        base_url=cloud.settings.url, timeout=30, headers=identity_headers(cloud), event_hooks=hooks
    ) as client:
        yield client


@pytest.fixture(scope="session")
def as_user(cloud: LocalCloud) -> Callable[[str], dict[str, str]]:
    """Give what returns the headers of a request of a user who trades, and reads nobody else's orders."""
    return lambda user_id: identity_headers(cloud, user_id)


@pytest.fixture
def console(cloud: LocalCloud) -> Iterator[psycopg.Connection[DictRow]]:
    """Give a session on the history in Postgres."""
    with psycopg.connect(cloud.settings.postgres_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture
def place(cloud: LocalCloud, api: httpx.Client) -> Callable[..., str]:
    """Give what places an order, by default a good one, and returns its id. With `userId`, that user places it."""

    def place(**changes: Any) -> str:
        who = identity_headers(cloud, changes.get("userId"))
        response = api.post("/api/orders/execute", json=ORDER | changes, headers=who)
        assert response.status_code == httpx.codes.CREATED, response.text
        order_id: str = response.json()["orderId"]
        return order_id

    return place


@pytest.fixture
def ended(api: httpx.Client) -> Callable[[str], Message]:
    """Give what waits until an order has come to its end, and returns it as the API shows it."""

    def ended(order_id: str) -> Message:
        def order() -> Message:
            answer: Message = api.get(f"/api/orders/{order_id}").raise_for_status().json()["order"]
            return answer

        return eventually(order, lambda order: order["status"] in TERMINAL)

    return ended


@pytest.fixture
def socket(cloud: LocalCloud) -> Callable[..., AbstractContextManager[ClientConnection]]:
    """Give what opens a WebSocket, with a query such as `orderId=…`, for a user or for an administrator."""

    def open_socket(query: str = "", user_id: str | None = None) -> AbstractContextManager[ClientConnection]:
        return connect(f"{cloud.settings.websocket_url}?{query}", additional_headers=identity_headers(cloud, user_id))

    return open_socket


@pytest.fixture(scope="session")
def alice(cloud: LocalCloud) -> Person:
    """Give a trader; as Bob, she is signed in where callers are authenticated."""
    return person(cloud, "alice")


@pytest.fixture(scope="session")
def bob(cloud: LocalCloud) -> Person:
    """Give another trader."""
    return person(cloud, "bob")


@pytest.fixture(scope="session")
def olga(cloud: LocalCloud) -> Person:
    """Give an administrator."""
    return person(cloud, "olga")
