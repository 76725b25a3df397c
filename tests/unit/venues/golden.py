"""Golden values of the programs' own code, for the tests of the pool math."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import settings

# A busy machine is no reason to fail: the properties are about values, not about time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

VECTORS = Path(__file__).parents[2] / "vectors"


def golden(name: str) -> list[dict[str, Any]]:
    """Return the cases in `tests/vectors/<name>`."""
    values: list[dict[str, Any]] = json.loads((VECTORS / name).read_text())
    return values
