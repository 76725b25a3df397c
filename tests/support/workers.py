"""The processes of the functions on a local cloud, for what kills or measures them."""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import suppress

import psutil

_CODE = re.compile(r"ministack-lambda-order-engine-(?P<function>[A-Za-z]+)-[^/]*/code$")


def workers_by_function() -> dict[str, list[psutil.Process]]:
    """Return the workers of the local clouds that this process has started, by the function's name in the template.

    Workers are forks of one process and share its command line; each runs in the folder with its function's code.
    """
    workers = defaultdict(list)
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if found := _CODE.search(process.cwd()):
                workers[found["function"]].append(process)
    return workers
