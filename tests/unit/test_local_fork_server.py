"""Workers that are forks behave as the interpreters do that the emulator would start."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from local.runtime import local_fork_server
from local.runtime.local_fork_server import Fork, ForkServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forks on Linux only")
Start = Callable[..., Any]
TIMEOUT = 10


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """Give a fork server."""
    with closing(ForkServer()) as server:
        yield server


@pytest.fixture
def start(server: ForkServer, tmp_path: Path) -> Iterator[Start]:
    """Give what starts a script as a worker, as the emulator does."""
    started = []

    def start(script: str, by: ForkServer = server, **env: str) -> Any:
        path = tmp_path / "_worker.py"
        path.write_text(script)
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        worker = by.popen([sys.executable, str(path)], cwd=str(tmp_path), env=dict(env), text=True, bufsize=1, **pipes)
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.kill()
        worker.wait(TIMEOUT)
        for pipe in (worker.stdin, worker.stdout, worker.stderr):
            pipe.close()


ECHO = """
import sys
for line in sys.stdin:
    print(line.strip().upper(), flush=True)
    print("seen", file=sys.stderr)
"""


def test_a_worker_answers_line_by_line_and_ends_with_its_input(start: Start) -> None:
    worker = start(ECHO)
    assert isinstance(worker, Fork)
    for word in ("one", "two"):
        worker.stdin.write(f"{word}\n")
        assert worker.stdout.readline() == f"{word.upper()}\n"
        assert worker.stderr.readline() == "seen\n"
    assert worker.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(0.01)
    worker.stdin.close()
    assert worker.wait(TIMEOUT) == 0
    assert worker.poll() == 0
    assert worker.stdout.readline() == ""


def test_a_worker_has_the_environment_and_folder_it_is_given_and_nothing_else(start: Start, tmp_path: Path) -> None:
    script = "import os, sys; print(dict(os.environ), os.getcwd(), *sys.path, sep='\\n')"
    environment, folder, *path = start(script, GREETING="good day").stdout.read().splitlines()
    assert environment == str({"GREETING": "good day"})
    assert folder == str(tmp_path)
    assert str(Path(local_fork_server.__file__).parent) not in path


def test_packages_are_there_before_a_worker_asks_for_them_but_none_of_the_projects_own(start: Start) -> None:
    worker = start("import sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))")
    modules = set(worker.stdout.read().split())
    assert {"boto3", "botocore", "pydantic", "psycopg", "aws_lambda_powertools"} <= modules
    assert not {"order_engine", "app", "local"} & modules


def test_workers_share_nothing(start: Start) -> None:
    script = "import boto3, random, sys; print(getattr(boto3, 'mark', 0), random.random()); boto3.mark = 1"
    (first, one), (second, other) = (start(script).stdout.read().split() for _ in range(2))
    assert (first, second) == ("0", "0")
    assert one != other


def test_a_worker_can_run_programs_and_learns_how_they_ended(start: Start) -> None:
    worker = start("import subprocess, sys; print(subprocess.run([sys.executable, '-c', 'exit(3)']).returncode)")
    assert worker.stdout.read() == "3\n"


def test_a_script_that_fails_says_why(start: Start) -> None:
    worker = start("raise LookupError('nothing here')")
    assert "LookupError: nothing here" in worker.stderr.read()
    assert worker.wait(TIMEOUT) == 0


@pytest.mark.parametrize("end", ["terminate", "kill"])
def test_a_worker_can_be_ended(start: Start, end: str) -> None:
    worker = start(ECHO)
    getattr(worker, end)()
    worker.wait(TIMEOUT)
    assert worker.poll() == 0
    getattr(worker, end)()  # has no effect any more


def test_the_server_goes_on_after_a_worker_was_killed(start: Start) -> None:
    start(ECHO).kill()
    worker = start("print('fine')")
    assert worker.stdout.read() == "fine\n"


def test_without_the_server_workers_start_all_the_same(start: Start) -> None:
    with closing(ForkServer()) as server:
        server._process.kill()
        server._process.wait(TIMEOUT)
        worker = start("import os; print(os.environ['GREETING'])", server, GREETING="good day")
    assert isinstance(worker, subprocess.Popen)
    assert worker.stdout
    assert worker.stdout.read() == "good day\n"


def test_the_server_ends_with_the_emulator() -> None:
    server = ForkServer()
    server._connection.close()
    assert server._process.wait(TIMEOUT) == 0
