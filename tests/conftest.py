from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from local.cloud import LocalCloud

pytest.register_assert_rewrite("tests.contracts", "tests.support.documents", "tests.support.invariants")


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    """Give a local cloud as people have it, where nothing fails by chance; started once for all end-to-end tests."""
    from local.cloud import temporary_cloud  # noqa: PLC0415 - other tests have no use for it
    from tests.support.cloud import PARAMETERS  # noqa: PLC0415

    with temporary_cloud(**PARAMETERS | {"QuoteLatencyMs": "200", "ExecutionLatencyMs": "500"}) as cloud:
        yield cloud
