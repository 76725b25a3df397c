from __future__ import annotations

import pytest

from order_engine.application.sweep_orders import sweep_orders
from order_engine.fakes.orders import InMemoryOrderStore
from tests.simulation.edits import Edit
from tests.simulation.mutants import HARMLESS_VARIANTS, MUTANTS, Mutant
from tests.simulation.run import simulate


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
@pytest.mark.timeout(600)
def test_is_caught(mutant: Mutant) -> None:
    report = mutant.hunt()

    assert report is not None, "survived: the simulator has a gap"
    assert simulate(report.seed).violation is None, "the same seed fails without the mutation"


@pytest.mark.parametrize("mutant", HARMLESS_VARIANTS, ids=lambda mutant: mutant.name)
def test_is_made_up_for_by_the_sweeper(mutant: Mutant) -> None:
    assert mutant.hunt(seeds=40) is None


def test_there_are_enough() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 12


def test_an_edit_is_undone() -> None:
    before = InMemoryOrderStore.append.__code__

    with MUTANTS[0].applied():
        assert InMemoryOrderStore.append.__code__ is not before

    assert InMemoryOrderStore.append.__code__ is before


def test_an_edit_must_fit_the_source() -> None:
    with pytest.raises(ValueError, match="0 times"), Edit(sweep_orders, "no such text", "").applied():
        pass
