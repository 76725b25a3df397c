"""A run against a wrong variant of the engine: a copy of the working tree with one edit, deployed in its stead."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from local.settings import ROOT

_NOT_COPIED = shutil.ignore_patterns(".*", "node_modules", "__pycache__")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One edit.

    Args:
        what: what it does, in a sentence.
        path: the file, from the project's root.
        old: text that the file holds once.
        new: what stands there instead.
    """

    what: str
    path: str
    old: str
    new: str

    def run(self, arguments: Sequence[str]) -> int:
        """Run `python -m tests.chaos` with these arguments on the edited copy; return its exit code."""
        with TemporaryDirectory(prefix="mutant-") as folder:
            tree = self.plant(Path(folder) / "tree")
            return subprocess.run([sys.executable, "-m", "tests.chaos", *arguments], cwd=tree, check=False).returncode

    def plant(self, tree: Path) -> Path:
        """Make the copy in this folder and return it. Raises `ValueError` if the edit no longer fits the file."""
        shutil.copytree(ROOT, tree, ignore=_NOT_COPIED)
        source = (tree / self.path).read_text(encoding="utf-8")
        if source.count(self.old) != 1:
            raise ValueError(f"{self.path} has {self.old!r} {source.count(self.old)} times.")
        (tree / self.path).write_text(source.replace(self.old, self.new), encoding="utf-8")
        return tree


WITHOUT_VERSION_CONDITION = Mutant(
    "the same with a wrong order store, which appends to any version: exit code 1 is right then",
    "layers/order_engine/order_engine/adapters/dynamodb/orders.py",
    '"ConditionExpression": "version = :seen"',
    '"ConditionExpression": "version = :seen OR attribute_exists(orderId)"',
)
