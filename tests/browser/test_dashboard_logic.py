"""The dashboard's logic without a browser, in Node."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")
OLDEST = (20, 19)
"""The first Node that takes a `.js` file for a module when it is one."""


def _version() -> tuple[int, ...]:
    if NODE is None:
        return (0,)
    told = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in told.strip().removeprefix("v").split("."))


@pytest.mark.skipif(_version() < OLDEST, reason="needs Node 20.19 or newer")
@pytest.mark.parametrize("file", sorted(Path(__file__).parent.glob("*.test.mjs")), ids=lambda file: file.stem)
def test_the_logic_tests_pass(file: Path) -> None:
    assert NODE is not None
    command = [NODE, "--test", str(file)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
