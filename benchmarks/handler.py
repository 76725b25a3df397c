"""CPU time of the functions: of a POST inside the handler, with identity and without, and of each cold start."""

from __future__ import annotations

import argparse
import os
import statistics
import sys

from rich.console import Console

from benchmarks.cold_starts import cold_starts_table, measure_cold_starts
from benchmarks.posts import measure_posts, posts_table
from benchmarks.settings import SETTINGS

TARGET = 5.0
"""Milliseconds of CPU time for a POST, without calls to AWS."""


def main() -> int:
    """Measure; the exit code says whether the target was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000, help="in each mode")
    parser.add_argument("--runs", type=int, default=5, help="fresh processes for each function")
    arguments = parser.parse_args()
    os.environ.update(SETTINGS)
    console = Console()
    measured = measure_posts(arguments.requests)
    console.print(posts_table(measured, TARGET))
    console.print(cold_starts_table(measure_cold_starts(arguments.runs)))
    return 0 if statistics.median(post.own for posts in measured.values() for post in posts) < TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
