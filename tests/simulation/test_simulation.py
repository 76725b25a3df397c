from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields

import pytest

from tests.simulation.__main__ import main
from tests.simulation.faults import Faults
from tests.simulation.mutants import MUTANTS
from tests.simulation.run import Report, simulate

CHUNK = 20
SEEDS = 100
OF_THE_VENUES = {"quote", "simulation", "execution"}
"""Faults that happen within the venues; the traces tell of them."""


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
def reports() -> list[Report]:
    return [simulate(seed, traced=True) for seed in range(60)]


@pytest.mark.parametrize("fault", [field.name for field in fields(Faults) if field.name not in OF_THE_VENUES])
def test_every_fault_strikes(fault: str, reports: list[Report]) -> None:
    assert sum(report.strikes.get(fault, 0) for report in reports) > 0


@pytest.mark.parametrize(
    "happening",
    [
        "crash between two writes",
        "(network)",
        "lost in the mempool",
        "lingers in the mempool",
        "✗ refused",
        "✗ cursed",
        "Killed",
        "gives up on",
        "VersionConflict",
        "quote_unavailable",
        "simulation_failed",
        "transaction_failed",
        "transaction_expired",
        "processing_gave_up",
        "redrives",
        "subscriptions.renew",
        "unsubscribed",
        "postgres is down",
        "queue is down",
        "TokenExpired",
        "Unauthenticated",
        "InsufficientScope",
        "ForeignUserId",
        "NotTheOwner",
        "tickets.add",
        "error TokenExpired",
        "error Unauthenticated",
    ],
)
def test_everything_that_can_go_wrong_does(happening: str, reports: list[Report]) -> None:
    assert any(happening in " ".join(line.split()) for report in reports for line in report.trace.lines)


def test_a_violation_can_be_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    with MUTANTS[0].applied():
        assert main(["--seeds", "3"]) == 1
        report = capsys.readouterr().out
        seed = re.search(r"Replay it: make simulate SEED=(\d+)", report)
        assert seed
        assert main(["--seed", seed[1]]) == 1

    assert "Statement" in capsys.readouterr().out
