"""What a deployment to the local cloud depends on, and which functions an edit replaces."""

from __future__ import annotations

from pathlib import Path

import pytest

from local import template
from local.deploy import archive_keys
from local.foreground import WATCHED
from local.settings import ROOT

FOLDERS = {
    "functions/orders_api": ["layers/order_engine", "dashboard"],
    "functions/sweep_orders": ["layers/order_engine"],
}
API, SWEEPER = FOLDERS


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project of two functions, one of which has the dashboard as a layer."""
    for folder in (*FOLDERS, *FOLDERS[API]):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "file").write_text(folder)
    return tmp_path


@pytest.mark.parametrize(
    ("edited", "replaced"),
    [
        ("dashboard", {API}),
        ("layers/order_engine", {API, SWEEPER}),
        (API, {API}),
        (SWEEPER, {SWEEPER}),
    ],
)
def test_an_edit_replaces_the_functions_that_use_it(tree: Path, edited: str, replaced: set[str]) -> None:
    before = archive_keys(tree, FOLDERS)
    assert archive_keys(tree, FOLDERS) == before
    (tree / edited / "file").write_text("edited")
    after = archive_keys(tree, FOLDERS)
    assert {folder for folder in FOLDERS if after[folder] != before[folder]} == replaced


def test_compiled_files_replace_nothing(tree: Path) -> None:
    before = archive_keys(tree, FOLDERS)
    (tree / API / "__pycache__").mkdir()
    (tree / API / "__pycache__" / "app.pyc").write_bytes(b"\0")
    assert archive_keys(tree, FOLDERS) == before


def test_everything_that_is_deployed_is_watched() -> None:
    folders = template.code_folders(template.load_template(ROOT / "template.yaml"))
    assert "dashboard" in folders["functions/orders_api"]
    assert "dashboard" not in folders["functions/read_history"]
    for folder in {*folders, *(layer for layers in folders.values() for layer in layers)}:
        assert any((ROOT / folder).is_relative_to(place) for place in WATCHED), folder
