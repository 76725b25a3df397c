from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import pytest

from order_engine import bootstrap
from tests.support.functions import Deployment, forget


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """Give the functions with everything behind the ports in memory."""

    def no_client(*what: Any) -> NoReturn:
        raise AssertionError(f"A client for {what} is wanted: something is not in memory.")

    monkeypatch.setattr(bootstrap, "_client", no_client)
    yield Deployment(monkeypatch)
    forget()
