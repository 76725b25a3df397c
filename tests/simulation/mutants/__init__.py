"""Deliberately wrong variants of the engine. The simulator has to find each of them, or it can't be trusted."""

from __future__ import annotations

from tests.simulation.mutants.acceptance import ACCEPTANCE
from tests.simulation.mutants.access import ACCESS
from tests.simulation.mutants.chain import CHAIN
from tests.simulation.mutants.copies import COPIES
from tests.simulation.mutants.execution import EXECUTION
from tests.simulation.mutants.mutant import MOST_SEEDS, Mutant
from tests.simulation.mutants.recovery import HARMLESS_VARIANTS, RECOVERY

MUTANTS = (*EXECUTION, *CHAIN, *ACCEPTANCE, *ACCESS, *RECOVERY, *COPIES)

__all__ = ["HARMLESS_VARIANTS", "MOST_SEEDS", "MUTANTS", "Mutant"]
