"""The contract of `Clients`."""

from __future__ import annotations

import json
from typing import Any, Protocol

import pytest

from order_engine.application.errors import ClientGone
from order_engine.application.messages import Message, Pong, Refused, Snapshot
from order_engine.application.ports import Clients
from order_engine.contracts.frames import JsonFrameCodec
from order_engine.contracts.json_body import MalformedJson
from order_engine.domain.errors import QuoteUnavailable
from order_engine.domain.swaps import Landed
from tests.support.cloud import eventually
from tests.support.orders import CONFIRMED as LIFE
from tests.support.orders import FAILED, START, STEP, after, new_order

CODEC = JsonFrameCodec()
"""What writes the frames of the clients that keep the contract."""

UNKNOWN = "JKJaWunknown0000="
CONFIRMED = after(new_order(), *LIFE[:-1]).confirm(
    Landed(1, 1, "0.1", {"none": None, "yes": True, "number": 2**53 + 1, "list": []}), START + 9 * STEP
)
MESSAGES: list[Message] = [
    Refused(MalformedJson("invalid_json", "ünï 😀 \0 \ud800")),
    Snapshot(CONFIRMED),
    Pong(START, request_id="x" * 10_000),
]
IN_SEVERAL_FRAMES = Snapshot(after(new_order(), *FAILED, error=QuoteUnavailable("x" * 10_000)))


class Peer(Protocol):
    """A client at the other end of a connection."""

    @property
    def connection_id(self) -> str:
        """The gateway's id of its connection."""

    def receive(self) -> Any:
        """Wait for the next frame and return its JSON."""

    def leave(self) -> None:
        """Close the connection."""

    def closed(self) -> bool:
        """Wait for what comes next; return whether it is the end of the connection."""


class Gateway(Protocol):
    """Both ends of all connections."""

    @property
    def clients(self) -> Clients:
        """The engine's end, with `CODEC`."""

    def open(self) -> Peer:
        """Connect as a client."""


def pong(text: str) -> Pong:
    return Pong(START, request_id=text)


def frames(message: Message) -> list[Any]:
    """Return the frames of a message as a client reads them."""
    return [json.loads(frame) for frame in CODEC.encode(message)]


def is_gone(clients: Clients, connection_id: str) -> bool:
    try:
        clients.post(connection_id, pong("?"))
    except ClientGone:
        return True
    return False


class ClientsContract:
    """Inherit this and give a fixture `gateway`."""

    def test_messages_arrive_as_they_were_posted_and_in_that_order(self, gateway: Gateway) -> None:
        peer = gateway.open()
        for message in MESSAGES:
            gateway.clients.post(peer.connection_id, message)
        assert [peer.receive() for _ in MESSAGES] == [frame for message in MESSAGES for frame in frames(message)]

    def test_all_frames_of_a_message_arrive_in_their_order(self, gateway: Gateway) -> None:
        peer, expected = gateway.open(), frames(IN_SEVERAL_FRAMES)
        gateway.clients.post(peer.connection_id, IN_SEVERAL_FRAMES)
        assert [peer.receive() for _ in expected] == expected
        assert len(expected) > 1

    def test_each_client_gets_its_own_frames(self, gateway: Gateway) -> None:
        peers = [gateway.open() for _ in range(3)]
        for number, peer in enumerate(peers):
            gateway.clients.post(peer.connection_id, pong(str(number)))
        assert [peer.receive()["requestId"] for peer in peers] == ["0", "1", "2"]

    def test_a_connection_that_never_was_is_gone(self, gateway: Gateway) -> None:
        with pytest.raises(ClientGone):
            gateway.clients.post(UNKNOWN, pong("?"))

    def test_a_client_that_left_is_gone_and_no_other(self, gateway: Gateway) -> None:
        gone, here = gateway.open(), gateway.open()
        gone.leave()
        assert eventually(lambda: is_gone(gateway.clients, gone.connection_id))
        gateway.clients.post(here.connection_id, pong("here"))
        assert here.receive() == frames(pong("here"))[0]

    def test_closing_ends_the_connection_and_no_other(self, gateway: Gateway) -> None:
        gone, here = gateway.open(), gateway.open()
        gateway.clients.post(gone.connection_id, pong("bye"))
        gateway.clients.close(gone.connection_id)
        assert gone.receive() == frames(pong("bye"))[0]
        assert gone.closed()
        assert eventually(lambda: is_gone(gateway.clients, gone.connection_id))
        gateway.clients.post(here.connection_id, pong("here"))
        assert here.receive() == frames(pong("here"))[0]

    def test_closing_a_connection_that_is_not_there_does_no_harm(self, gateway: Gateway) -> None:
        peer = gateway.open()
        for _ in range(2):
            gateway.clients.close(peer.connection_id)
        gateway.clients.close(UNKNOWN)
        assert eventually(lambda: is_gone(gateway.clients, peer.connection_id))
