"""What the table of sample events in `events/README.md` says."""

from __future__ import annotations

import re

from tests.support.events import EVENTS

EVENT_NAMES = sorted(path.stem for path in EVENTS.glob("*.json"))
ROW = re.compile(r"^\| `(?P<event>\w+)` \| (?P<functions>[\w, ]+) \|", re.MULTILINE)


def functions_by_event() -> dict[str, list[str]]:
    """Return the functions that each event is for, as the table has them."""
    table = (EVENTS / "README.md").read_text(encoding="utf-8")
    return {row["event"]: [_snake(name) for name in row["functions"].split(", ")] for row in ROW.finditer(table)}


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
