"""Applying the operator's decisions to dead letters: each on its own, none lost, none that others have received."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from orders_admin.ports import DeadLetter, DeadLetterQueue
from orders_client.errors import OrdersError

Action = Callable[[DeadLetter], None]
"""`redrive`, `release` or `delete` of a `DeadLetterQueue`."""

NOT_APPLIED = "Run this again: it shows what is left. A letter that was redriven and is still here does no harm."


class NotApplied(OrdersError):
    """Some decisions could not be applied."""


@dataclass(slots=True)
class Outcome:
    """What was done with the letters.

    Args:
        received_again: the visibility timeout had ended before the decision was made.
        applied: the action that was applied, by letter id.
        failures: why actions were not applied.
    """

    received_again: bool = False
    applied: dict[str, Action] = field(default_factory=dict)
    failures: list[OrdersError] = field(default_factory=list)

    def count(self, action: Action) -> int:
        """Return to how many letters this action was applied."""
        return list(self.applied.values()).count(action)


def apply_decisions(queue: DeadLetterQueue, decisions: Mapping[str, Action], letters: Sequence[DeadLetter]) -> Outcome:
    """Apply to each letter the action that was decided for its id; a letter without a decision is released.

    Only an invisible letter can be redriven, released or deleted. Those whose visibility timeout has ended are
    received again. Where somebody else has received them nothing is done, nor with those whose timeout ends meanwhile.
    """
    outcome = Outcome()
    held = [letter for letter in letters if queue.is_held(letter)]
    try:
        if len(held) < len(letters) and any(action != queue.release for action in decisions.values()):
            outcome.received_again = True
            held += queue.receive()
    except OrdersError as error:
        outcome.failures.append(error)
    for letter in held:
        if queue.is_held(letter):
            _apply(queue, letter, decisions.get(letter.id, queue.release), outcome)
    return outcome


def _apply(queue: DeadLetterQueue, letter: DeadLetter, action: Action, outcome: Outcome) -> None:
    try:
        action(letter)
        outcome.applied[letter.id] = action
    except OrdersError as error:
        outcome.failures.append(error)
        with suppress(OrdersError):  # then it becomes visible when its visibility timeout ends
            queue.release(letter)
