"""What a mutant is, and how it is hunted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from tests.simulation.edits import Edit
from tests.simulation.run import Report, simulate

MOST_SEEDS = 2_000


@dataclass(frozen=True)
class Mutant:
    """A wrong variant."""

    name: str
    edits: tuple[Edit, ...]

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Run with all edits."""
        with ExitStack() as stack:
            for edit in self.edits:
                stack.enter_context(edit.applied())
            yield

    def hunt(self, seeds: int = MOST_SEEDS) -> Report | None:
        """Return the first run that catches it, or None."""
        with self.applied():
            return next((report for seed in range(seeds) if (report := simulate(seed)).violation), None)


def mutant(name: str, *edits: tuple[Callable[..., Any] | property, str, str]) -> Mutant:
    """Return a mutant: in each function, one text is replaced by another."""
    return Mutant(name, tuple(Edit(*edit) for edit in edits))
