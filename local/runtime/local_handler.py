"""Wraps the handler of a function: copies its output to one log file for all functions.

The emulator keeps the output of some invocations only, and only after they have ended; this appends each line to
LOCAL_LOG_FILE at once, as function name, tab, text. Uncaught exceptions are logged too, as on AWS.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
import traceback
from typing import Any, TextIO


class _Tee(io.TextIOBase):
    """A stream that copies complete lines to a file, each by a single write, so that workers can share the file."""

    def __init__(self, stream: TextIO, path: str, name: str) -> None:
        self._stream = stream
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._name = name
        self._rest = ""

    def write(self, text: str) -> int:
        """Write `text`."""
        self._stream.write(text)
        *lines, self._rest = (self._rest + text).split("\n")
        if record := "".join(f"{self._name}\t{line}\n" for line in lines if line):
            os.write(self._file, record.encode(errors="backslashreplace"))
        return len(text)

    def flush(self) -> None:
        """Flush the stream; the file has no buffer."""
        self._stream.flush()


_stderr = sys.stderr
sys.stdout = sys.stderr = _Tee(_stderr, os.environ["LOCAL_LOG_FILE"], os.environ["POWERTOOLS_SERVICE_NAME"])
_module, _, _function = os.environ["LOCAL_HANDLER"].rpartition(".")
try:
    _handler = getattr(importlib.import_module(_module), _function)
except BaseException:
    traceback.print_exc()
    raise


def handler(event: Any, context: Any) -> Any:
    """Call the function's own handler."""
    try:
        return _handler(event, context)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        # The emulator waits up to 50 ms for output, and 5 ms after there is some.
        print("END", file=_stderr, flush=True)
