"""No test of the client touches the sign-ins of whoever runs it."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def config_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the commands a config folder of their own, and none of the variables that they read."""
    for name in ("ORDERS_TOKEN", "ORDERS_URL", "ORDERS_WS_URL", "ORDERS_CLIENT_ID", "ORDERS_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "config"))
    return tmp_path / "config" / "orders"
