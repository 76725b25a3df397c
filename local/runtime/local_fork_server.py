"""Starts the emulator's workers as forks of a process that has imported the third-party packages already.

A worker that starts as a new interpreter spends half a second of CPU on imports, and a burst starts twenty of them at
once. A fork has those packages; the project's own code it imports itself, so that no edit is missed. Only on Linux:
elsewhere, system libraries do not allow a process to fork and go on.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from select import select
from typing import Any, NoReturn

PRELOADED = (
    "alembic.command",
    "aws_lambda_powertools.event_handler.api_gateway",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.data_classes",
    "aws_lambda_powertools.utilities.parameters",
    "boto3.session",
    "botocore.handlers",
    "psycopg",
    "pydantic",
)
"""What functions import of the dependencies layer. What is missing here, each worker imports: slower, not wrong."""
_LARGEST_JOB = 1024 * 1024
_FILES = 4  # standard input, output and error, and the one that tells when the worker has ended


class ForkServer:
    """The process that forks, as seen from the emulator. It ends when the emulator does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-P", __file__, str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()])

    def popen(self, command: Sequence[str], *, cwd: str, env: Mapping[str, str], **options: Any) -> Any:
        """Do what `subprocess.Popen` does for a worker: run a Python script, with pipes.

        If the fork server has gone, the worker is started as an interpreter of its own.
        """
        job = json.dumps({"script": command[1], "cwd": cwd, "env": dict(env)}).encode()
        # As pairs of what is read from and written to; the last one is closed when the worker ends, however it ends.
        (stdin, own_stdin), (own_stdout, stdout), (own_stderr, stderr), (ended, alive) = (os.pipe() for _ in range(4))
        try:
            pid = self._fork(job, [stdin, stdout, stderr, alive])
        except OSError:
            _close(own_stdin, own_stdout, own_stderr, ended)
            return subprocess.Popen(command, cwd=cwd, env=env, **options)
        finally:
            _close(stdin, stdout, stderr, alive)
        return Fork(pid, own_stdin, own_stdout, own_stderr, ended)

    def close(self) -> None:
        """End the fork server. Workers that it has started go on."""
        self._connection.close()
        self._process.wait()

    def _fork(self, job: bytes, files: list[int]) -> int:
        """Have a worker started with these files, and return its process id. Raises `OSError` if that fails."""
        with self._lock:
            socket.send_fds(self._connection, [job], files)
            if not (answer := self._connection.recv(32)):
                raise BrokenPipeError
        return int(answer)


class Fork:
    """A worker, with as much of `subprocess.Popen` as the emulator uses."""

    def __init__(self, pid: int, stdin: int, stdout: int, stderr: int, ended: int) -> None:
        self.pid = pid
        self.stdin = os.fdopen(stdin, "w", buffering=1)
        self.stdout, self.stderr = os.fdopen(stdout), os.fdopen(stderr)
        self._ended = ended

    def __del__(self) -> None:
        os.close(self._ended)

    def poll(self) -> int | None:
        """Return None while it runs, then 0, as the emulator does not ask how it ended."""
        return 0 if select([self._ended], [], [], 0)[0] else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended. Raises `subprocess.TimeoutExpired`."""
        if not select([self._ended], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("worker", timeout or 0)
        return 0

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def serve(connection: socket.socket) -> None:
    """Fork a worker for each job that arrives, until the emulator has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that ended workers need not be waited for
    while True:
        job, files, _, _ = socket.recv_fds(connection, _LARGEST_JOB, _FILES)
        if not job:
            return
        if (pid := os.fork()) == 0:
            connection.close()
            _work(json.loads(job), files)
        _close(*files)
        connection.send(str(pid).encode())


def _close(*files: int) -> None:
    for file in files:
        os.close(file)


def _work(job: Mapping[str, Any], files: Sequence[int]) -> NoReturn:
    """Run the job's script as if the interpreter had been started with it, and end the process."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, file in enumerate(files[:3]):
            os.dup2(file, number)
            os.close(file)
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
        os.environ.clear()
        os.environ.update(job["env"])
        os.chdir(job["cwd"])
        sys.argv = [job["script"]]
        runpy.run_path(job["script"], run_name="__main__")
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(OSError):
            sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    for name in PRELOADED:
        importlib.import_module(name)
    gc.freeze()  # a collection in a worker leaves what it shares with the others alone
    serve(socket.socket(fileno=int(sys.argv[1])))
