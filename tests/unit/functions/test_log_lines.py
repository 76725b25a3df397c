"""Log lines are such that Lambda can tell their level: JSON with `level` and an RFC 3339 `timestamp`."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import pytest

from order_engine.entrypoints.telemetry import function_logger
from tests.support.functions import NAMES, load

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}([+-]\d\d:\d\d|Z)")


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
def test_a_line_has_its_level_and_a_time_that_lambda_can_read(
    level: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"lines of {level}")
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
    logger = function_logger()
    getattr(logger, level.lower())("hello")
    line = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert (line["level"], line["message"]) == (level, "hello")
    assert RFC_3339.fullmatch(line["timestamp"])
    assert datetime.fromisoformat(line["timestamp"]).utcoffset() == timedelta(0)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "migrate_database"])  # which writes no line
def test_every_function_logs_that_way(name: str) -> None:
    formatter = load(name).logger.registered_formatter
    assert formatter.use_rfc3339_iso8601
