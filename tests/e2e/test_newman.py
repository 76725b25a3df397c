"""The Postman collection, run by newman."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from local.cloud import LocalCloud
from tests.support.identity import token
from tests.support.tokens import machine_credentials

POSTMAN = Path(__file__).resolve().parents[2] / "postman"
NEWMAN = POSTMAN / "node_modules" / ".bin" / "newman"


@pytest.mark.open_access
@pytest.mark.timeout(180)
def test_the_collection_passes(cloud: LocalCloud) -> None:
    assert_passes(cloud, "local")


@pytest.mark.signed_in
@pytest.mark.timeout(180)
def test_the_collection_passes_with_the_token_that_it_gets(cloud: LocalCloud) -> None:
    client_id, secret = machine_credentials(cloud)
    assert_passes(cloud, "local-auth", clientId=client_id, clientSecret=secret)


@pytest.mark.signed_in
@pytest.mark.timeout(180)
def test_the_collection_passes_with_the_token_of_an_administrator(cloud: LocalCloud) -> None:
    assert_passes(cloud, "local-auth", token=token(cloud))


def assert_passes(cloud: LocalCloud, environment: str, **variables: str) -> None:
    """Fail, with newman's report, unless all tests of the collection pass."""
    assert shutil.which("node"), "Node.js is needed for newman: https://nodejs.org, or apt-get install nodejs npm"
    assert NEWMAN.exists(), "newman is not there: make test-e2e fetches it, or npm ci in postman/"
    run = subprocess.run(
        [
            NEWMAN,
            "run",
            "order-engine.postman_collection.json",
            f"--environment={environment}.postman_environment.json",
            f"--env-var=baseUrl={cloud.settings.url}",
            *(f"--env-var={name}={value}" for name, value in variables.items()),
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
