"""Import time is time that users wait: no function imports what it does not use, or builds anything at import."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.support.functions import EVERY_FUNCTION, FUNCTIONS

WATCHED = {"alembic", "boto3", "cryptography", "jwt", "moto", "psycopg", "pydantic", "sqlalchemy"}
ALLOWED: dict[str, set[str]] = {
    "assign_scopes": set(),
    "migrate_database": {"alembic", "psycopg", "sqlalchemy"},
    "close_dead_letters": set(),
    "orders_api": {"pydantic"},
    "process_orders": set(),
    "read_history": {"pydantic"},
    "stream_authorizer": set(),
    "stream_gateway": {"pydantic"},
    "push_updates": set(),
    "sweep_orders": set(),
    "write_history": set(),
}
PROBE = """
import json, os, sys
from dataclasses import fields

read, getitem = set(), os._Environ.__getitem__

def noting(environment, name):
    read.add(name)
    return getitem(environment, name)

os._Environ.__getitem__ = noting
sys.path.insert(0, sys.argv[1])
import app
deployed = getattr(app, "deployed", None)
modules, kinds = sorted(sys.modules), [deployed.kind] if deployed else []
settings = {setting.name.upper() for kind in kinds for setting in fields(kind)}
made = sorted(vars(deployed).keys() - {"kind"}) if deployed else []
print(json.dumps({"modules": modules, "read": sorted(read & settings), "made": made, "handler": callable(app.handler)}))
"""
READ_BY_POWERTOOLS = {"POWERTOOLS_SERVICE_NAME"}


@pytest.fixture(scope="module", params=EVERY_FUNCTION)
def imported(request: pytest.FixtureRequest) -> tuple[str, dict[str, list[str]]]:
    """Import a function in a process of its own, in an environment without any setting."""
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    command = [sys.executable, "-W", "error", "-c", PROBE, str(FUNCTIONS / request.param)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return request.param, json.loads(done.stdout)


def test_every_function_is_listed() -> None:
    assert set(EVERY_FUNCTION) == ALLOWED.keys()


def test_a_function_imports_what_it_uses_and_nothing_else_that_takes_long(
    imported: tuple[str, dict[str, list[str]]],
) -> None:
    name, found = imported
    assert WATCHED & set(found["modules"]) == ALLOWED[name]


def test_nothing_is_built_at_import_and_no_setting_is_read(imported: tuple[str, dict[str, list[str]]]) -> None:
    _, found = imported
    assert found["made"] == []
    assert set(found["read"]) <= READ_BY_POWERTOOLS
    assert found["handler"]


def test_fakes_stay_out_of_the_functions(imported: tuple[str, dict[str, list[str]]]) -> None:
    _, found = imported
    assert not [module for module in found["modules"] if module.startswith("order_engine.fakes")]
