"""Doing with dead letters what was decided: each on its own, none lost, and none that came into other hands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from orders_client.cli.dead_letters import DeadLetters, Letter
from orders_client.errors import OrdersError

Action = Callable[[Letter], None]

NEXT_STEP = "Run this again: it shows what is left. A letter that was put back and is still here does no harm."


class NotSettled(OrdersError):
    """With some letters nothing could be done."""


@dataclass(slots=True)
class Settled:
    """What became of the letters.

    Args:
        read_again: the decision took so long that they had come back into sight.
        done: with which of them it was done, whatever it was, by letter id.
        failures: why it was not done with others.
    """

    read_again: bool = False
    done: dict[str, Action] = field(default_factory=dict)
    failures: list[OrdersError] = field(default_factory=list)

    def count(self, action: Action) -> int:
        """Return with how many letters this was done."""
        return list(self.done.values()).count(action)


def settle(queue: DeadLetters, decided: dict[str, Action], letters: Sequence[Letter]) -> Settled:
    """Do with each letter what was decided for its id; what is not decided is left where it is.

    A letter can be settled only as long as it is out of sight. Those that are in sight again are received again. Where
    somebody else has them nothing is done, nor with one that comes into sight before its turn.
    """
    settled = Settled()
    held = [letter for letter in letters if queue.holds(letter)]
    try:
        if len(held) < len(letters) and any(action != queue.leave for action in decided.values()):
            settled.read_again = True
            held += queue.read()
    except OrdersError as error:
        settled.failures.append(error)
    for letter in held:
        if queue.holds(letter):
            _settle(queue, letter, decided.get(letter.id, queue.leave), settled)
    return settled


def _settle(queue: DeadLetters, letter: Letter, action: Action, settled: Settled) -> None:
    try:
        action(letter)
        settled.done[letter.id] = action
    except OrdersError as error:
        settled.failures.append(error)
        with suppress(OrdersError):  # then it is in sight again by itself, only later
            queue.leave(letter)
