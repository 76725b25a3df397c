"""Files that only this user may read, written whole or not at all, by one process at a time."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orders_client.errors import SignInFailed

if sys.platform != "win32":
    import fcntl

_OTHERS = 0o077


def check_private(status: os.stat_result, path: Path) -> None:
    """Raise `SignInFailed` where an open file is not this user's, or others may read it."""
    if sys.platform == "win32":
        return
    if status.st_uid != os.getuid():
        raise SignInFailed(f"{path} belongs to another user.", "Delete it and sign in again: orders login.")
    if status.st_mode & _OTHERS:
        step = f"Keep others out: chmod 600 '{path}'. If somebody may have read it, then sign out too: orders logout."
        raise SignInFailed(f"Others can read the tokens in {path}, so they are not used.", step)


def make_private_folder(folder: Path) -> None:
    """Have a folder that only this user may enter."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)  # it may have been there


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait until no other process holds this lock. Where a refresh token is good once, two must not use the same."""
    with path.open("w") as file:
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def replace_private_file(path: Path, text: str) -> None:
    """Write the whole file under another name first, so that it is never there by half or for others to read."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # for its owner only
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise
