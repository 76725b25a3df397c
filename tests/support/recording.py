"""A recorded WebSocket session: a script of client frames, played on a local cloud, and what the server sent.

`play_session` returns the session with everything masked that differs from one time to the next. The recorded one is
`tests/recorded/websocket_session.json`, and `tests/integration/test_recorded_session.py` compares the two.

After an intended change of the frames, record again and read the difference before it is committed:

    python -m tests.support.recording             # print the session
    python -m tests.support.recording --record    # replace the recorded one

Each step of the recording names the client, what it did (`connects`, `sends`, `follows`, `closes`) and the frames it
received. Which events reach a client live and which in a snapshot is chance, and some come twice. So where a client
places an order, the step has the order's `events` once each, by `seq`, apart from the other frames.

Where authentication is on, each client connects as a user with the same id, and the session is the same.

Order ids follow from `userId` and `clientOrderId`, and the simulated prices from the order id. So the same venue wins
each time; but a cloud can play the script only once.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from local.cloud import LocalCloud, temporary_cloud
from tests.support.cloud import PARAMETERS, TERMINAL
from tests.support.identity import EVERY_SCOPE, identity_headers
from tests.support.recording_masks import Masks
from tests.support.recording_script import SCRIPT, Close, Connect, Follow, Frame, Place, Send, Step, Workers
from tests.support.stored import stopped

RECORDING = Path(__file__).parents[1] / "recorded" / "websocket_session.json"
TIMEOUT = 30.0
"""Seconds within which all frames of a step must be there."""
WIDTH = 120
"""Characters on a line of the recording; what fits on one is not broken."""


@dataclass
class Client:
    """One connection, and the events that it has received, by order id and `seq`."""

    connection: ClientConnection
    known: dict[tuple[str, int], Frame] = field(default_factory=dict)

    def send(self, frame: Frame | str) -> None:
        self.connection.send(frame if isinstance(frame, str) else json.dumps(frame))

    def read(self, complete: Callable[[Frame], bool]) -> None:
        """Receive frames until `complete` says so of one. Raises `TimeoutError` after `TIMEOUT`."""
        deadline = time.monotonic() + TIMEOUT
        while not complete(json.loads(self.connection.recv(timeout=max(0.0, deadline - time.monotonic())))):
            pass

    def learn(self, frame: Frame) -> bool:
        """Keep the events in a frame; return whether there was a new one."""
        events = frame["events"] if frame["type"] == "snapshot" else [frame] if frame["type"] == "status_update" else []
        new = {(frame["orderId"], event["seq"]): _event(event) for event in events}
        new = {key: event for key, event in new.items() if key not in self.known}
        self.known |= new
        return bool(new)

    def events_of(self, order_id: str) -> list[Frame]:
        """Return the known events of an order by `seq`."""
        return [event for (order, _), event in sorted(self.known.items(), key=lambda one: one[0]) if order == order_id]

    def knows_all_of(self, order_id: str) -> bool:
        """Whether the order has ended and no event of it is missing."""
        events = self.events_of(order_id)
        return bool(events) and events[-1]["status"] in TERMINAL and events[-1]["seq"] == len(events)


@dataclass
class Player:
    """Plays steps on a cloud and adds each, masked, to the `session`."""

    cloud: LocalCloud
    resources: ExitStack
    masks: Masks = field(default_factory=Masks)
    clients: dict[str, Client] = field(default_factory=dict)
    orders: set[str] = field(default_factory=set)
    session: list[Frame] = field(default_factory=list)
    workers: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.masks.placeholders[self.cloud.settings.websocket_url] = "<websocket url>"
        self.resources.enter_context(self.workers)

    def play(self, step: Step) -> None:
        """Do what a step says."""
        match step:
            case Connect():
                self._connect(step)
            case Send():
                self._send(step)
            case Place():
                self._place(step)
            case Follow():
                self._follow(step)
            case Close():
                self._close(step)
            case Workers(run=True):
                self.workers.close()
            case Workers():
                self.workers.enter_context(stopped(self.cloud, "ProcessOrdersFunctionName"))

    def _connect(self, step: Connect) -> None:
        done = {"client": step.client, "connects": step.query}
        url = f"{self.cloud.settings.websocket_url}?{self.masks.reveal(step.query)}"
        try:
            who = identity_headers(self.cloud, step.user, EVERY_SCOPE)
            client = Client(self.resources.enter_context(connect(url, additional_headers=who)))
        except InvalidStatus as refusal:
            self.session.append({**done, "refused": refusal.response.status_code})
            return
        self.clients[step.client] = client
        self._add(done, self._answers(client, step.last) if step.last else [])

    def _send(self, step: Send) -> None:
        client = self.clients[step.client]
        done = {"client": step.client, "sends": step.frame, **({"times": step.times} if step.times > 1 else {})}
        client.send(self._revealed(step.frame) * step.times)
        try:
            self._add(done, self._answers(client, step.last))
        except ConnectionClosed as closed:
            self.session.append({**done, "closed": closed.rcvd and closed.rcvd.code})

    def _place(self, step: Place) -> None:
        client = self.clients[step.client]
        client.send(self._revealed(step.frame))
        answers = self._answers(client, "snapshot", with_updates=False)
        order_id = answers[0].get("orderId", "")
        if step.to_the_end and order_id in self.orders and not client.knows_all_of(order_id):
            client.read(lambda frame: client.learn(frame) and client.knows_all_of(order_id))
        frames = [_without_events(frame) if frame["type"] == "snapshot" else frame for frame in answers]
        self._add({"client": step.client, "sends": step.frame}, frames, events=client.events_of(order_id))

    def _follow(self, step: Follow) -> None:
        client = self.clients[step.client]
        order_id = self.masks.reveal(step.order)
        updates: dict[int, Frame] = {}

        def complete(frame: Frame) -> bool:
            if client.learn(frame) and frame["orderId"] == order_id:
                updates[frame["seq"]] = frame
            return client.knows_all_of(order_id)

        client.read(complete)
        self._add({"client": step.client, "follows": step.order}, [updates[seq] for seq in sorted(updates)])

    def _close(self, step: Close) -> None:
        client = self.clients[step.client]
        client.send({"action": "ping"})
        self._add({"client": step.client, "closes": "after a ping"}, self._answers(client, "pong"))
        client.connection.close()

    def _revealed(self, frame: Frame | str) -> str:
        return self.masks.reveal(frame if isinstance(frame, str) else json.dumps(frame))

    def _answers(self, client: Client, last: str | None, with_updates: bool = True) -> list[Frame]:
        """Return the frames up to one of the type `last`; status updates only if new and of the session's orders."""
        answers: list[Frame] = []

        def complete(frame: Frame) -> bool:
            if frame["type"] == "accepted":
                self.orders.add(frame["orderId"])
                self.masks.number("order", frame["orderId"])
            new = client.learn(frame) and with_updates and frame["orderId"] in self.orders
            if frame["type"] != "status_update" or new:
                answers.append(frame)
            return bool(answers) and (last is None or answers[-1]["type"] in (last, "error"))

        client.read(complete)
        return answers

    def _add(self, done: Frame, frames: list[Frame], **more: list[Frame]) -> None:
        self.session.append({**done, "receives": self.masks.mask(frames), **self.masks.mask(more)})


def _event(frame: Frame) -> Frame:
    return {name: frame[name] for name in frame if name in ("seq", "status", "timestamp", "data")}


def _without_events(snapshot: Frame) -> Frame:
    return snapshot | {"seq": "<varies>", "status": "<varies>", "events": "<varies>"}


def play_session(cloud: LocalCloud) -> list[Frame]:
    """Play the script on a cloud where nothing fails by chance, and return the masked session."""
    with ExitStack() as resources:
        player = Player(cloud, resources)
        for number, step in enumerate(SCRIPT, start=1):
            try:
                player.play(step)
            except Exception as error:
                error.add_note(f"Step {number} of the script: {step}")
                raise
    return player.session


def as_text(value: Any, indent: int = 0) -> str:
    """Return JSON with the keys in their order, and on one line what fits there."""
    line = json.dumps(value)
    if not (value and isinstance(value, dict | list)) or indent + len(line) < WIDTH:
        return line
    pad = " " * (indent + 1)
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {as_text(item, indent + 1)}" for name, item in value.items()]
        return "{\n" + ",\n".join(pad + part for part in parts) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(pad + as_text(item, indent + 1) for item in value) + "\n" + " " * indent + "]"


def differences_from_recording(session: list[Frame]) -> str:
    """Return how a session differs from the recorded one, line by line; empty where it does not."""
    recorded = RECORDING.read_text(encoding="utf-8").splitlines()
    return "\n".join(unified_diff(recorded, as_text(session).splitlines(), "recorded", "played", lineterm="", n=12))


def main(arguments: list[str]) -> int:
    """Play the script on a cloud of its own; print the session, or record it."""
    with temporary_cloud(**PARAMETERS) as cloud:
        session = as_text(play_session(cloud))
    if "--record" in arguments:
        RECORDING.write_text(session + "\n", encoding="utf-8")
    else:
        print(session)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
