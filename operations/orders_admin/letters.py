"""Receiving dead letters: each once, for a while, and only as long as nobody else can receive it."""

from __future__ import annotations

from datetime import timedelta

from order_engine.application.ports import DeadLetter
from orders_admin.ports import RedrivePorts

RECEIVE_FOR = timedelta(seconds=60)
"""The time after which no further letters are received; where there are more, they are for the next run."""

SAFETY_MARGIN = timedelta(seconds=30)
"""The time before the end of its visibility timeout from which on a letter is not touched: a call may take a while."""


def receive_letters(ports: RedrivePorts) -> list[DeadLetter]:
    """Receive the visible letters. One that is received twice counts once, with its later receipt."""
    letters: dict[str, DeadLetter] = {}
    ends_at = ports.clock.now() + RECEIVE_FOR
    while ports.clock.now() < ends_at and (received := ports.dead_letters.receive()):
        letters |= {letter.message_id: letter for letter in received}
    return list(letters.values())


def is_held(letter: DeadLetter, ports: RedrivePorts) -> bool:
    """Whether the letter stays invisible for long enough to do something with it."""
    return ports.clock.now() < letter.visible_at - SAFETY_MARGIN
