"""CPU time of cold starts, in fresh processes: the import of `app`, then what the first event builds.

The floor is what any function with boto3 and one client needs.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory

from rich.table import Table

from benchmarks.settings import ROOT

FIRST_USE = {
    "orders_api": "app.deployed.engine.placement",
    "read_history": "app.deployed.ports.history_reader",
    "process_orders": "app.deployed.engine.processing",
    "close_dead_letters": "app.deployed.engine.dead_letter_closing",
    "sweep_orders": "app.deployed.ports.orders, app.deployed.ports.queue",
    "stream_gateway": "app.deployed.engine.sessions",
    "stream_authorizer": "app.deployed.engine.stream_tickets",
    "push_updates": "app.deployed.engine.pusher",
    "write_history": "app.deployed.ports.history, app.deployed.ports.published_counts",
}
"""What each function builds at its first event; the others build nothing."""
VARIANTS = {"stream_authorizer": {"by a token": "app.deployed.engine, app.deployed.ports.token_verifier"}}
"""What else the first event may need, where one kind of event costs more than the other."""
COLD_START = """
import sys
from time import process_time
sys.path.insert(0, sys.argv[1])
began = process_time()
import app
imported = process_time()
{first_use}
print(imported - began, process_time() - imported)
"""
FLOOR = """
from time import process_time
began = process_time()
import boto3
imported = process_time()
boto3.client("dynamodb")
print(imported - began, process_time() - imported)
"""


@dataclass(frozen=True, slots=True)
class ColdStart:
    """Seconds of the import, and of what the first event needs beside it."""

    imports: list[float] = field(default_factory=list)
    first_uses: list[float] = field(default_factory=list)

    @property
    def milliseconds(self) -> tuple[float, float]:
        """The medians."""
        return statistics.median(self.imports) * 1000, statistics.median(self.first_uses) * 1000


def measure_cold_start(script: str, *arguments: str, runs: int, bytecode: str) -> ColdStart:
    """Run a script in fresh processes; it prints two times. A first run is not counted: it compiles.

    Args:
        bytecode: the folder for the compiled modules. A virtual environment may hold some, all or none of them.
    """
    environment = os.environ | {
        "PYTHONPATH": str(ROOT / "layers" / "order_engine"),
        "PYTHONPYCACHEPREFIX": bytecode,
        "PYTHONDONTWRITEBYTECODE": "",
    }
    measured = ColdStart()
    for run in range(runs + 1):
        command = [sys.executable, "-c", script, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        imported, first_use = map(float, done.stdout.split())
        if run:
            measured.imports.append(imported)
            measured.first_uses.append(first_use)
    return measured


def measure_cold_starts(runs: int) -> dict[str, ColdStart]:
    """Measure every function, and first the floor."""
    with TemporaryDirectory(prefix="bytecode-") as bytecode:
        measured = {"(boto3 and one client)": measure_cold_start(FLOOR, runs=runs, bytecode=bytecode)}
        for app in sorted(ROOT.glob("functions/*/app.py")):
            name = app.parent.name
            for suffix, first_use in {"": FIRST_USE.get(name, ""), **VARIANTS.get(name, {})}.items():
                script = COLD_START.format(first_use=first_use)
                cold = measure_cold_start(script, str(app.parent), runs=runs, bytecode=bytecode)
                measured[f"{name} {suffix}".strip()] = cold
        return measured


def cold_starts_table(measured: dict[str, ColdStart]) -> Table:
    """Return the cold starts as a table."""
    table = Table(title="Cold starts: median CPU time in a fresh process")
    for column in ("function", "import", "first use", "together", "ratio"):
        table.add_column(column, justify="left" if column == "function" else "right")
    floor = sum(next(iter(measured.values())).milliseconds)
    for name, cold in measured.items():
        imports, first_use = cold.milliseconds
        together = imports + first_use
        table.add_row(name, *(f"{ms:.0f} ms" for ms in (imports, first_use, together)), f"{together / floor:.2f}")
    return table
