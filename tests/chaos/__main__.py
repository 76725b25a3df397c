"""`make chaos`: a local cloud of its own under load, broken in every way at once. Exit code 1: a promise was broken."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import time

from rich.console import Console

from local.cloud import temporary_cloud
from tests.chaos.mutant import WITHOUT_VERSION_CONDITION
from tests.chaos.report import figures, report
from tests.chaos.run import PARAMETERS, Plan, chaos


def main() -> int:
    """Run once; return the exit code."""
    plain = Plan()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=plain.orders)
    parser.add_argument("--seconds", type=float, default=plain.seconds, help="of load and faults")
    parser.add_argument("--seed", type=int, default=plain.seed, help="of the faults' dice; time has its say too")
    parser.add_argument("--json", action="store_true", help="the figures as JSON on standard output, nothing else")
    parser.add_argument("--without-version-condition", action="store_true", help=WITHOUT_VERSION_CONDITION.what)
    given = parser.parse_args()
    if given.without_version_condition:
        same = [f"--{name}={getattr(given, name)}" for name in ("orders", "seconds", "seed")]
        return WITHOUT_VERSION_CONDITION.run([*same, *(["--json"] if given.json else [])])
    began, console = time.monotonic(), Console(stderr=True, highlight=False)

    def tell(what: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:6.1f} s[/]  {what}")

    logging.getLogger("orders_client").setLevel(logging.ERROR)  # that the stream fails now and then is the point
    tell(f"{given.orders} orders in {given.seconds:g} s; venues fail at 30 %, the message of each comes twice")
    with temporary_cloud(**PARAMETERS) as cloud:
        outcome = asyncio.run(chaos(cloud, Plan(given.orders, given.seconds, given.seed), tell))
    if given.json:
        print(json.dumps(figures(outcome), indent=2))
    else:
        Console(highlight=False).print(report(outcome))
    return 0 if outcome.good else 1


if __name__ == "__main__":
    sys.exit(main())
