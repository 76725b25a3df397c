"""Child processes that lead a session of their own, so that their whole process group is stopped with them."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from local.settings import LocalCloudError

_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class ChildProcess:
    """A child process, its log and the signal that stops it gracefully."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        user: pwd.struct_passwd | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> ChildProcess:
        """Start `command` in a session of its own, as `user` if there is one, with its output appended to `log`."""
        with log.open("ab") as output:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env) if env is not None else None,
                start_new_session=True,
                user=user.pw_uid if user else None,
                group=user.pw_gid if user else None,
                extra_groups=[] if user else None,
            )
        return cls(name, process, log, stop_signal)

    @property
    def is_running(self) -> bool:
        """Return whether the process has not ended."""
        return self.process.poll() is None

    def wait_until(self, ready: Callable[[], bool], seconds: float = 30.0) -> None:
        """Poll until `ready()` is true; stop the process if that does not happen.

        Raises:
            LocalCloudError: the process ended or did not become ready in time; with the end of its log.
        """
        deadline = time.monotonic() + seconds
        is_ready = False
        try:
            while not (is_ready := ready()) and self.is_running and time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS)
        finally:
            if not is_ready:
                self.stop()
        if not is_ready:
            raise LocalCloudError(f"{self.name} did not start. The end of {self.log}:\n{self.log_tail()}")

    def log_tail(self, lines: int = 15) -> str:
        """Return the last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self, seconds: float = 15.0) -> None:
        """Send the stop signal, then kill what is left of the process group. Returns when nothing is left."""
        if self.is_running:
            self.process.send_signal(self.stop_signal)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """Kill the process and its group at once, as a crash would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
