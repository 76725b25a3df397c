"""What the functions on the local cloud have logged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from local.cloud import LocalCloud


def log_records(cloud: LocalCloud) -> Iterator[dict[str, Any]]:
    """Yield each structured line that any function has written so far."""
    for line in cloud.settings.functions_log.read_text(encoding="utf-8").splitlines():
        _, _, text = line.partition("\t")
        if text.startswith("{"):
            yield json.loads(text)
