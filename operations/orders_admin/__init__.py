"""The operators' command line `orders-admin`: redrive dead letters, rebuild the history."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; say how to install what it needs where that is missing."""
    try:
        from orders_admin.app import app  # noqa: PLC0415 - the guard is the point
    except ModuleNotFoundError as missing:
        sys.exit(f"orders-admin needs {missing.name}: pip install '.[admin]' in the project's folder")
    app()
