"""Schemathesis makes up requests from the description, good ones and bad ones, and judges the answers by it.

Where authentication is on, it sends an administrator's token, and tries each operation without one and with wrong ones.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest

from local.cloud import LocalCloud
from tests.support.documents import Schema, openapi
from tests.support.identity import authenticates, identity_headers

CONFIG = Path(__file__).with_name("schemathesis.toml")
SEED = os.environ.get("SCHEMATHESIS_SEED", "1")
"""The same requests each time, so that a commit is judged by what it changed; another seed finds other things."""


@pytest.mark.timeout(120)
def test_made_up_requests_get_documented_answers(cloud: LocalCloud, tmp_path: Path) -> None:
    description = tmp_path / "openapi.json"
    description.write_text(json.dumps(openapi() if authenticates(cloud) else without_security(openapi())))
    run = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            f"--config-file={CONFIG}",
            "run",
            description,
            f"--url={cloud.settings.url}",
            f"--seed={SEED}",
            *(f"--header={name}: {value}" for name, value in identity_headers(cloud).items()),
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def without_security(document: Schema) -> Schema:
    """Return the description of the API where authentication is off: no operation asks for a token."""
    document = deepcopy(document)
    for operations in document["paths"].values():
        for operation in operations.values():
            operation.pop("security", None)
    return document
