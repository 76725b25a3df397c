"""Kills child processes if the process that started them was killed and could not stop them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

_SECONDS_TO_STOP = 5.0


class Guard:
    """A process that kills the watched process groups when its standard input ends, as it does with its parent."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__], stdin=subprocess.PIPE, start_new_session=True, text=True, bufsize=1
        )

    def watch(self, process_group: int) -> None:
        """Have a process group killed if this process is."""
        self._send(f"+{process_group}")

    def forget(self, process_group: int) -> None:
        """Stop watching a process group, as it has ended."""
        self._send(f"-{process_group}")

    def close(self) -> None:
        """End the guard, which kills the groups that it still watches."""
        self._process.communicate()

    def _send(self, line: str) -> None:
        assert self._process.stdin
        with suppress(BrokenPipeError):  # the guard itself was killed
            print(line, file=self._process.stdin)


def main() -> None:
    """Read process groups from standard input until it ends; then kill those that are left."""
    watched: set[int] = set()
    for line in sys.stdin:
        (watched.add if line.startswith("+") else watched.discard)(int(line[1:]))
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process_group in watched:
            with suppress(ProcessLookupError):
                os.killpg(process_group, number)
        deadline = time.monotonic() + _SECONDS_TO_STOP
        while watched and time.monotonic() < deadline:
            watched = {group for group in watched if _exists(group)}
            time.sleep(0.05)


def _exists(process_group: int) -> bool:
    with suppress(ProcessLookupError):
        os.killpg(process_group, 0)
        return True
    return False


if __name__ == "__main__":
    main()
