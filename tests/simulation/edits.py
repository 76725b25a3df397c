"""Edits of a function's source, for as long as a test lasts.

The function keeps its identity and only gets other code, so whoever has imported it runs the edited one. An edit that
no longer fits the source is an error.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import dedent
from types import FunctionType
from typing import Any, cast


@dataclass(frozen=True)
class Edit:
    """Another text in the source of a function, or of a property; the old one must be there once."""

    target: Callable[..., Any] | property
    old: str
    new: str

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Run with the edit."""
        function = _function(self.target)
        original = function.__code__
        function.__code__ = self._compiled(function)
        try:
            yield
        finally:
            function.__code__ = original

    def _compiled(self, function: FunctionType) -> Any:
        source = dedent(inspect.getsource(function))
        if source.count(self.old) != 1:
            raise ValueError(f"{function.__qualname__} has {self.old!r} {source.count(self.old)} times")
        text = source.replace(self.old, self.new)
        code = compile(text, "<mutant>", "exec", flags=annotations.compiler_flag, dont_inherit=True)
        defined: dict[str, Any] = {}
        exec(code, function.__globals__, defined)
        return _function(defined[function.__name__]).__code__


def _function(target: Callable[..., Any] | property) -> FunctionType:
    return cast(FunctionType, target.fget if isinstance(target, property) else target)
