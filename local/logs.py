"""Formats the functions' log for a terminal: each JSON line of Powertools becomes one short line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.text import Text

_COLOURS = {"DEBUG": "dim", "INFO": "green", "WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}
# Shown elsewhere in the line, or the same in every line.
_OMITTED_FIELDS = {
    "level", "location", "message", "timestamp", "service", "exception", "exception_name", "stack_trace", "cold_start",
    "function_name", "function_memory_size", "function_arn", "function_request_id", "xray_trace_id", "sampling_rate",
    "stage",
}  # fmt: skip


class LogFile:
    """Reads the functions' log incrementally."""

    def __init__(self, path: Path, *, from_start: bool = False) -> None:
        self._path = path
        self._position = 0 if from_start or not path.exists() else path.stat().st_size

    def new_lines(self) -> Iterator[Text]:
        """Yield the lines written since the last call, formatted."""
        if not self._path.exists():
            return
        if self._path.stat().st_size < self._position:  # the local cloud was started again
            self._position = 0
        with self._path.open("rb") as file:
            file.seek(self._position)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._position += len(line)
                yield format_line(line.decode(errors="replace").rstrip("\n"))


def format_line(line: str) -> Text:
    """Format one line of the log: name, tab, text."""
    name, _, text = line.partition("\t")
    try:
        record = json.loads(text)
    except ValueError:
        record = None
    if not isinstance(record, dict) or "message" not in record:
        return Text.assemble((f"{'':12} {name:<18} ", "cyan"), text)
    return _format_record(name, record)


def _format_record(name: str, record: dict[str, Any]) -> Text:
    level = str(record.get("level", "INFO"))
    time = str(record.get("timestamp", ""))[11:23].replace(",", ".")
    rest = {key: value for key, value in record.items() if key not in _OMITTED_FIELDS}
    text = Text.assemble(
        (f"{time:<12} ", "dim"),
        (f"{name:<18} ", "cyan"),
        (str(record["message"]), _COLOURS.get(level, "") if level != "INFO" else ""),
        *((f" {key}={_as_text(value)}", "dim") for key, value in rest.items()),
    )
    if exception := record.get("exception"):
        text.append(f"\n{exception}", "red")
    return text


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
