"""The command `orders-admin` as a whole, and its separation from `orders`."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from orders_admin.app import app
from orders_client.cli.app import app as orders


def test_the_version_is_that_of_the_package() -> None:
    done = CliRunner().invoke(app, ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"orders-admin {version('order-engine')}\n")


@pytest.mark.parametrize("command", ["redrive", "rebuild-history"])
def test_operators_commands_are_not_in_the_public_command_line(command: str) -> None:
    assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0
    assert CliRunner().invoke(orders, [command, "--help"]).exit_code == 2


@pytest.mark.parametrize("module", ["boto3", "typer"])
def test_a_missing_package_is_told_with_how_to_install_it(module: str) -> None:
    code = f"import sys; sys.modules['{module}'] = None; import orders_admin; orders_admin.main()"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        1,
        f"orders-admin needs {module}: pip install '.[admin]' in the project's folder\n",
    )


def test_the_public_command_line_does_not_load_boto3() -> None:
    code = "import sys, orders_client.cli.app; sys.exit('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
