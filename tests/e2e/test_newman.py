"""The Postman collection, run by newman."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from local.cloud import LocalCloud

POSTMAN = Path(__file__).resolve().parents[2] / "postman"
NEWMAN = POSTMAN / "node_modules" / ".bin" / "newman"


@pytest.mark.timeout(180)
def test_the_collection_passes(cloud: LocalCloud) -> None:
    assert shutil.which("node"), "Node.js is needed for newman: https://nodejs.org, or apt-get install nodejs npm"
    assert NEWMAN.exists(), "newman is not there: make test-e2e fetches it, or npm ci in postman/"
    run = subprocess.run(
        [
            NEWMAN,
            "run",
            "order-engine.postman_collection.json",
            "--environment=local.postman_environment.json",
            f"--env-var=baseUrl={cloud.settings.url}",
            "--timeout-request=15000",
            "--color=off",
            "--disable-unicode",
        ],
        cwd=POSTMAN,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
