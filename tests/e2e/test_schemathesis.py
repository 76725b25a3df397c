"""Schemathesis makes up requests from the description, good ones and bad ones, and judges the answers by it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.cloud import LocalCloud

ROOT = Path(__file__).resolve().parents[2]
CONFIG = Path(__file__).with_name("schemathesis.toml")
SEED = os.environ.get("SCHEMATHESIS_SEED", "1")
"""The same requests each time, so that a commit is judged by what it changed; another seed finds other things."""


@pytest.mark.timeout(120)
def test_made_up_requests_get_documented_answers(cloud: LocalCloud) -> None:
    run = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            f"--config-file={CONFIG}",
            "run",
            "docs/openapi.json",
            f"--url={cloud.settings.url}",
            f"--seed={SEED}",
            "--no-color",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
