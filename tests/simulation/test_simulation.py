from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.simulation.__main__ import main
from tests.simulation.faults import Fault
from tests.simulation.mutants import MUTANTS
from tests.simulation.run import simulate

CHUNK = 20
SEEDS = 100


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_every_statement_holds(first: int) -> None:
    reports = [simulate(seed) for seed in range(first, first + CHUNK)]

    assert {report.seed: str(report.violation) for report in reports if report.violation} == {}
    assert all(report.orders >= 20 for report in reports)


@pytest.mark.parametrize("seed", [1, 2, 292])
def test_the_same_seed_gives_the_same_run(seed: int) -> None:
    first, second = simulate(seed, traced=True), simulate(seed, traced=True)

    assert len(first.trace.lines) > 500
    assert first.trace.lines == second.trace.lines
    assert first.trace.digest != simulate(seed + 1, traced=True).trace.digest


def test_the_same_seed_gives_the_same_run_in_every_process() -> None:
    """Sets of texts are ordered differently in each process, unless it is told otherwise."""
    command = [sys.executable, "-m", "tests.simulation", "--seed", "292"]

    outputs = {
        subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": salt}, capture_output=True, check=True).stdout
        for salt in ("1", "2", "3")
    }

    assert len(outputs) == 1


@pytest.fixture(scope="module")
def traces() -> list[str]:
    return [line for seed in range(40) for line in simulate(seed, traced=True).trace.lines]


@pytest.mark.parametrize(
    "happening",
    [
        *map(str, Fault),
        "crash between two writes",
        "lost in the mempool",
        "lingers in the mempool",
        "late",
        "is down",
        "✗ refused",
        "Killed",
        "gives up on",
        "VersionConflict",
        "transaction_expired",
        "transaction_failed",
        "processing_gave_up",
        "redrives",
    ],
)
def test_everything_that_can_go_wrong_does(happening: str, traces: list[str]) -> None:
    assert any(happening in line for line in traces)


def test_a_violation_can_be_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    with MUTANTS[0].applied():
        assert main(["--seeds", "3"]) == 1
        report = capsys.readouterr().out
        seed = re.search(r"Replay it: make simulate SEED=(\d+)", report)
        assert seed
        assert main(["--seed", seed[1]]) == 1

    assert "Statement" in capsys.readouterr().out
