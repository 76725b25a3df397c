"""Finds out, from the source, which environment variables a function reads, itself and through `bootstrap`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from sam_template import ROOT

BOOTSTRAP = ROOT / "layers" / "order_engine" / "order_engine" / "bootstrap.py"
BOUNDED_READERS = {"integer", "number"}
READERS = BOUNDED_READERS | {"text", "slippage"}
VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")


def read_by(folder: Path) -> set[str]:
    """Return the variables that the function in a folder reads."""
    trees = [ast.parse(path.read_text()) for path in folder.glob("*.py")]
    wanted = {part for tree in trees for part in _taken_from_bootstrap(tree)}
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and _reads(node)]
    direct = {variable for call in calls for variable in _variables(call)}
    return direct.union(*(_needs(part) for part in wanted))


def bounds_in_code() -> dict[str, tuple[float, float]]:
    """Return the least and the greatest value that `bootstrap` accepts, by variable."""
    calls = [node for node in ast.walk(ast.parse(BOOTSTRAP.read_text())) if isinstance(node, ast.Call)]
    bounds = [map(ast.literal_eval, call.args) for call in calls if _reads(call) in BOUNDED_READERS]
    return {variable: (least, most) for variable, least, most in bounds}


@cache
def _parts() -> dict[str, ast.FunctionDef]:
    """Return the functions of `bootstrap` by name."""
    tree = ast.parse(BOOTSTRAP.read_text())
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _needs(part: str, seen: frozenset[str] = frozenset()) -> set[str]:
    """Return the variables read by a function of `bootstrap` and by those that it uses."""
    body = _parts()[part]
    used = {node.id for node in ast.walk(body) if isinstance(node, ast.Name)} & _parts().keys() - seen - {part}
    return _variables(body).union(*(_needs(other, seen | {part}) for other in used))


def _variables(tree: ast.AST) -> set[str]:
    """Return the texts that look like a variable's name."""
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if VARIABLE.fullmatch(text)}


def _reads(call: ast.Call) -> str | None:
    """Return the reader that is called, as in ``environment().number(…)``."""
    match call.func:
        case ast.Attribute(
            value=ast.Call(func=ast.Name("environment") | ast.Attribute(attr="environment")), attr=reader
        ):
            return reader if reader in READERS else None
    return None


def _taken_from_bootstrap(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name("bootstrap"), attr=part):
                yield part
            case ast.ImportFrom(module="order_engine.bootstrap", names=names):
                yield from (alias.name for alias in names)
