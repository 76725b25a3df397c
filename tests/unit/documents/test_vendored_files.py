"""Third-party files of the dashboard: unmodified, of the recorded version, with their licences."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

DASHBOARD = Path(__file__).resolve().parents[3] / "dashboard"
VENDORED = (DASHBOARD / "VENDORED.md").read_text(encoding="utf-8")
CHECKSUMS = {
    name: checksum
    for checksum, name in (line.split() for line in (DASHBOARD / "vendored.sha256").read_text().splitlines())
}


def test_each_file_has_its_recorded_checksum() -> None:
    found = {name: sha256((DASHBOARD / name).read_bytes()).hexdigest() for name in CHECKSUMS}
    assert found == CHECKSUMS


def test_no_other_file_looks_fetched() -> None:
    looking_fetched = {path.name for pattern in ("*.min.js", "*.LICENSE.txt") for path in DASHBOARD.glob(pattern)}
    assert looking_fetched == CHECKSUMS.keys()


def test_the_library_is_of_the_version_that_is_written_down() -> None:
    recorded = re.search(r"oidc-client-ts\]\S+:.*\| (\d+\.\d+\.\d+) \|", VENDORED)
    fetched = re.search(r"^version=(\S+)$", VENDORED, re.MULTILINE)
    assert recorded is not None
    assert fetched is not None
    assert recorded[1] == fetched[1]
    assert f'"{recorded[1]}"' in (DASHBOARD / "oidc-client-ts.min.js").read_text(encoding="utf-8")


def test_every_package_has_its_licence() -> None:
    assert "Apache License" in (DASHBOARD / "oidc-client-ts.LICENSE.txt").read_text(encoding="utf-8")
    assert "Auth0" in (DASHBOARD / "jwt-decode.LICENSE.txt").read_text(encoding="utf-8")
