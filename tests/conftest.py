from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from local.cloud import LocalCloud

pytest.register_assert_rewrite("tests.contracts", "tests.support.documents", "tests.support.invariants")


@pytest.fixture(scope="session", autouse=True)
def _dashboard_folder() -> Iterator[None]:
    """Have `orders_api` serve the dashboard of the working tree; on AWS it lies in the folder of the layers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DASHBOARD_FOLDER", str(Path(__file__).parents[1] / "dashboard"))
        yield


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    """Give a local cloud as people have it, where nothing fails by chance; started once for all end-to-end tests."""
    from local.cloud import temporary_cloud  # noqa: PLC0415 - other tests have no use for it
    from tests.support.cloud import PARAMETERS  # noqa: PLC0415

    with temporary_cloud(**PARAMETERS | {"QuoteLatencyMs": "200", "ExecutionLatencyMs": "500"}) as cloud:
        yield cloud
