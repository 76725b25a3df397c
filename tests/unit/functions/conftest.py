from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import boto3
import pytest

from tests.support.functions import Deployment, forget


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """Give the functions with everything behind the ports in memory."""

    def no_client(_session: boto3.Session, service: str, **_options: Any) -> NoReturn:
        raise AssertionError(f"A client for {service} is wanted: something is not in memory.")

    monkeypatch.setattr(boto3.Session, "client", no_client)
    yield Deployment(monkeypatch)
    forget()
