"""The command line `orders`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; say how to install what it needs where that is missing."""
    try:
        from orders_client.cli.app import app  # noqa: PLC0415 - the guard is the point
    except ModuleNotFoundError as missing:
        sys.exit(f"orders needs {missing.name}: pip install '.[client]' in the project's folder")
    app()
