"""Applying the operator's decisions to dead letters: each on its own, none lost, none that others have received."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from order_engine.application.errors import DependencyUnavailable
from order_engine.application.ports import DeadLetter, RedrivableDeadLetters
from orders_admin.letters import is_held, receive_letters
from orders_admin.ports import RedrivePorts
from orders_client.errors import OrdersError

Action = Callable[[DeadLetter], None]
"""`redrive`, `release` or `delete` of `RedrivableDeadLetters`."""

NOT_APPLIED = "Run this again: it shows what is left. A letter that was redriven and is still here does no harm."


class NotApplied(OrdersError):
    """Some decisions could not be applied."""


@dataclass(slots=True)
class Outcome:
    """What was done with the letters.

    Args:
        received_again: the visibility timeout had ended before the decision was made.
        applied: the action that was applied, by message id.
        failures: why actions were not applied.
    """

    received_again: bool = False
    applied: dict[str, Action] = field(default_factory=dict)
    failures: list[DependencyUnavailable] = field(default_factory=list)

    def count(self, action: Action) -> int:
        """Return to how many letters this action was applied."""
        return list(self.applied.values()).count(action)


def apply_decisions(ports: RedrivePorts, decisions: Mapping[str, Action], letters: Sequence[DeadLetter]) -> Outcome:
    """Apply to each letter the action that was decided for its message id; a letter without a decision is released.

    Only an invisible letter can be redriven, released or deleted. Those whose visibility timeout has ended are
    received again. Where somebody else has received them nothing is done, nor with those whose timeout ends meanwhile.
    """
    queue, outcome = ports.dead_letters, Outcome()
    held = [letter for letter in letters if is_held(letter, ports)]
    try:
        if len(held) < len(letters) and any(action != queue.release for action in decisions.values()):
            outcome.received_again = True
            held += receive_letters(ports)
    except DependencyUnavailable as error:
        outcome.failures.append(error)
    for letter in held:
        if is_held(letter, ports):
            _apply(queue, letter, decisions.get(letter.message_id, queue.release), outcome)
    return outcome


def _apply(queue: RedrivableDeadLetters, letter: DeadLetter, action: Action, outcome: Outcome) -> None:
    try:
        action(letter)
        outcome.applied[letter.message_id] = action
    except DependencyUnavailable as error:
        outcome.failures.append(error)
        with suppress(DependencyUnavailable):  # then it becomes visible when its visibility timeout ends
            queue.release(letter)
