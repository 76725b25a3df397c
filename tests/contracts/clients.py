"""The contract of `Clients`."""

from __future__ import annotations

from typing import Any, Protocol

import pytest

from order_engine.application.ports import Clients
from order_engine.domain.errors import ClientGone
from tests.support.cloud import eventually

UNKNOWN = "JKJaWunknown0000="
FRAMES: list[dict[str, Any]] = [
    {"type": "pong", "text": "ünï 😀 \0 \ud800", "none": None, "yes": True, "seq": 2**53 + 1},
    {"type": "snapshot", "events": [{"seq": 1, "data": {}}, {"seq": 2, "data": {"venues": ["raydium", "meteora"]}}]},
    {"type": "pong", "text": "x" * 10_000},
]


class Peer(Protocol):
    """A client at the other end of a connection."""

    @property
    def connection_id(self) -> str:
        """What the gateway calls its connection."""

    def receive(self) -> Any:
        """Wait for the next frame and return what it says."""

    def leave(self) -> None:
        """Close the connection."""

    def hung_up(self) -> bool:
        """Wait for what comes next; whether it is the connection's end."""


class Gateway(Protocol):
    """Both ends of all connections."""

    @property
    def clients(self) -> Clients:
        """The engine's end."""

    def open(self) -> Peer:
        """Connect as a client."""


def is_gone(clients: Clients, connection_id: str) -> bool:
    try:
        clients.post(connection_id, {"type": "pong"})
    except ClientGone:
        return True
    return False


class ClientsContract:
    """Inherit this and give a fixture `gateway`."""

    def test_frames_arrive_as_they_were_posted_and_in_that_order(self, gateway: Gateway) -> None:
        peer = gateway.open()
        for frame in FRAMES:
            gateway.clients.post(peer.connection_id, frame)
        assert [peer.receive() for _ in FRAMES] == FRAMES

    def test_each_client_gets_its_own_frames(self, gateway: Gateway) -> None:
        peers = [gateway.open() for _ in range(3)]
        for number, peer in enumerate(peers):
            gateway.clients.post(peer.connection_id, {"number": number})
        assert [peer.receive() for peer in peers] == [{"number": 0}, {"number": 1}, {"number": 2}]

    def test_a_connection_that_never_was_is_gone(self, gateway: Gateway) -> None:
        with pytest.raises(ClientGone):
            gateway.clients.post(UNKNOWN, {"type": "pong"})

    def test_a_client_that_left_is_gone_and_no_other(self, gateway: Gateway) -> None:
        gone, here = gateway.open(), gateway.open()
        gone.leave()
        assert eventually(lambda: is_gone(gateway.clients, gone.connection_id))
        gateway.clients.post(here.connection_id, {"type": "pong"})
        assert here.receive() == {"type": "pong"}

    def test_hanging_up_ends_the_connection_and_no_other(self, gateway: Gateway) -> None:
        gone, here = gateway.open(), gateway.open()
        gateway.clients.post(gone.connection_id, {"type": "bye"})
        gateway.clients.hang_up(gone.connection_id)
        assert gone.receive() == {"type": "bye"}
        assert gone.hung_up()
        assert eventually(lambda: is_gone(gateway.clients, gone.connection_id))
        gateway.clients.post(here.connection_id, {"type": "pong"})
        assert here.receive() == {"type": "pong"}

    def test_hanging_up_where_nobody_is_does_no_harm(self, gateway: Gateway) -> None:
        peer = gateway.open()
        for _ in range(2):
            gateway.clients.hang_up(peer.connection_id)
        gateway.clients.hang_up(UNKNOWN)
        assert eventually(lambda: is_gone(gateway.clients, peer.connection_id))
