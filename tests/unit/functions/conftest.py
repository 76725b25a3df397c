from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import boto3
import pytest

from tests.support.functions import Deployment, forget
from tests.unit.functions.door import Door


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """Give the functions with everything behind the ports in memory."""

    def no_client(_session: boto3.Session, service: str, **_options: Any) -> NoReturn:
        raise AssertionError(f"A client for {service} is wanted: something is not in memory.")

    monkeypatch.setattr(boto3.Session, "client", no_client)
    yield Deployment(monkeypatch)
    forget()


@pytest.fixture(params=["cognito", "jwt"])
def guarded(deployed: Deployment, request: pytest.FixtureRequest) -> Deployment:
    """Give the functions with authentication on."""
    deployed.set(AUTH_MODE=request.param)
    return deployed


@pytest.fixture(params=["cognito", "jwt"])
def door(deployed: Deployment, request: pytest.FixtureRequest) -> Door:
    """Give the functions behind the HTTP API with authentication on, in each of its modes."""
    return Door(deployed, request.param)


@pytest.fixture
def cognitos(deployed: Deployment) -> Door:
    """Give the same where Cognito issues the tokens."""
    return Door(deployed, "cognito")
