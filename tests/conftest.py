"""In which mode of authentication the tests run, and the local cloud of the end-to-end tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from local.cloud import LocalCloud

pytest.register_assert_rewrite("tests.contracts", "tests.support.documents", "tests.support.invariants")

MARKERS = {
    "open_access": "needs a cloud where everybody may do everything; runs with --auth-mode none",
    "signed_in": "needs a cloud where callers are authenticated; runs with --auth-mode cognito",
    # Adapters, database, migrations, the local cloud's own processes: nothing in them is told who asks, or runs
    # otherwise where somebody does.
    "mode_independent": "can't differ between the modes, and so runs once: with --auth-mode none",
}
DESELECTED = {"none": ("signed_in",), "cognito": ("open_access", "mode_independent")}
"""The markers of tests that are not for a mode."""
_deselected_by = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the choice of the mode."""
    parser.addoption(
        "--auth-mode", choices=list(DESELECTED), default="none", help="AuthMode of the local cloud that tests run on"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Describe the markers."""
    for name, description in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {description}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests that are not for this mode."""
    selected: list[pytest.Item] = []
    deselected: list[pytest.Item] = []
    by_marker = config.stash.setdefault(_deselected_by, Counter())
    for item in items:
        unfit = [name for name in DESELECTED[config.getoption("--auth-mode")] if item.get_closest_marker(name)]
        by_marker.update(unfit[:1])
        (deselected if unfit else selected).append(item)
    config.hook.pytest_deselected(items=deselected)
    items[:] = selected


def pytest_report_collectionfinish(config: pytest.Config) -> str:
    """Say how many tests are not for this mode, and why."""
    by_marker = config.stash[_deselected_by]
    counts = ", ".join(f"{count} {name}" for name, count in by_marker.items())
    return f"auth mode {config.getoption('--auth-mode')}: deselected {counts or 'none'}"


@pytest.fixture(scope="session")
def auth_mode(request: pytest.FixtureRequest) -> str:
    """Return the AuthMode of the cloud."""
    mode: str = request.config.getoption("--auth-mode")
    return mode


@pytest.fixture(scope="session")
def cloud(auth_mode: str) -> Iterator[LocalCloud]:
    """Give a local cloud as people have it, where nothing fails by chance; started once for all end-to-end tests."""
    from tests.support.cloud import cloud_for_tests  # noqa: PLC0415 - other tests have no use for it

    with cloud_for_tests(AuthMode=auth_mode, QuoteLatencyMs="200", ExecutionLatencyMs="500") as cloud:
        yield cloud
