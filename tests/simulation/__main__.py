"""Run simulations: `make simulate`, `make simulate SEEDS=100000`, `make simulate SEED=292` to see one run."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, takewhile
from multiprocessing import get_context
from secrets import randbelow
from time import perf_counter

from tests.simulation.mutants import MOST_SEEDS, MUTANTS
from tests.simulation.run import outcome, simulate

FIXED = 200
"""Seeds that every short run includes; after them come fresh ones."""
SHORT_RUN = 60.0
"""Seconds."""
REPORT_EVERY = 10.0
MOST_FAILURES = 5
LINES = 60


@dataclass
class Tally:
    """What came of many runs."""

    planned: int | None
    started: float = field(default_factory=perf_counter)
    runs: int = 0
    orders: int = 0
    failed: list[int] = field(default_factory=list)
    reported: float = 0.0

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return perf_counter() - self.started

    def __str__(self) -> str:
        of = f" of {self.planned:,}" if self.planned else ""
        pace = f"{self.runs / self.seconds:.1f} runs/s, {self.runs / self.seconds * 60:.0f} a minute"
        so_far = f"{self.runs:,} runs{of}, {self.orders:,} orders, {self.seconds:.0f} s"
        return f"{so_far} ({pace}), {len(self.failed)} failed"

    def add(self, seed: int, orders: int, violation: str | None) -> None:
        """Count a run, and say now and then how far it is."""
        self.runs += 1
        self.orders += orders
        if violation:
            self.failed.append(seed)
            explain(seed)
        if self.seconds - self.reported > REPORT_EVERY:
            self.reported = self.seconds
            print(self, flush=True)


def outcomes(seeds: Iterable[int], jobs: int) -> Iterator[tuple[int, int, str | None]]:
    """Run many, on several processes if asked to."""
    if jobs == 1:
        yield from map(outcome, seeds)
        return
    with get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap(outcome, seeds, chunksize=20)


def run(seeds: Iterable[int], planned: int | None, jobs: int = 1) -> int:
    """Run all seeds, or until enough have failed; return the exit code."""
    tally = Tally(planned)
    for result in outcomes(seeds, jobs):
        tally.add(*result)
        if len(tally.failed) >= MOST_FAILURES:
            break
    print(tally)
    return 1 if tally.failed else 0


def short_run(seconds: float) -> int:
    """Run the fixed seeds, and fresh ones until the time is over."""
    base = randbelow(10**9)
    print(f"Seeds 0 to {FIXED - 1}, then from {base} for {seconds:.0f} s in all.", flush=True)
    started = perf_counter()
    fresh = takewhile(lambda _: perf_counter() - started < seconds, count(base))
    return run((seed for part in (range(FIXED), fresh) for seed in part), None)


def explain(seed: int, everything: bool = False) -> int:
    """Run one seed again and show what happened; return the exit code."""
    report = simulate(seed, traced=True)
    violation, trace = report.violation, report.trace
    about = trace.about(violation.order_id) if violation and violation.order_id else trace.lines
    lines = trace.lines if everything else [trace.lines[0], *about[-LINES:]]
    print("\n".join(lines))
    print(f"\nseed {seed}: {report.orders} orders, {report.seconds:.0f} s simulated, trace {trace.digest[:16]}")
    if violation is None:
        print("Every statement holds.")
        return 0
    print(f"Statement {violation}\nReplay it: make simulate SEED={seed}", flush=True)
    return 1


def hunt() -> int:
    """Hunt all mutants and print which seed and statement caught them, as a Markdown table."""
    print("| mutant | seed | statement and what was seen |\n|---|---|---|")
    survivors = 0
    for mutant in MUTANTS:
        report = mutant.hunt()
        survivors += report is None
        caught = f"{report.seed} | {shortly(report.violation)}" if report else f"**survived {MOST_SEEDS} seeds** |"
        print(f"| {mutant.name} | {caught} |", flush=True)
    return 1 if survivors else 0


def shortly(violation: object) -> str:
    """Return a violation without ids, signatures and lists."""
    text = re.sub(r"[0-9a-zA-Z-]{30,}", "…", str(violation))
    return re.sub(r"(there is left: |the counts say ).*", r"\1…", text)


def _arguments(arguments: Sequence[str]) -> Namespace:
    parser = ArgumentParser("simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="run this one seed and show its trace")
    parser.add_argument("--seeds", type=int, help="how many seeds to run; without it, a short run with fresh ones")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--seconds", type=float, default=SHORT_RUN, help="length of the short run")
    parser.add_argument("--mutants", action="store_true", help="hunt the wrong variants instead")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Do what the command line asks for; return the exit code."""
    asked = _arguments(arguments)
    if asked.mutants:
        return hunt()
    if asked.seed is not None:
        return explain(asked.seed, everything=True)
    if asked.seeds:
        return run(range(asked.first, asked.first + asked.seeds), asked.seeds, asked.jobs)
    return short_run(asked.seconds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
