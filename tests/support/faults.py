"""What can happen at a port call: the process dies, a service does not answer, or somebody else is quicker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from order_engine.application.errors import DependencyUnavailable

P = TypeVar("P")


class Crash(BaseException):
    """The process is gone: nothing of ours can catch this."""


@dataclass(frozen=True)
class Fault:
    """What happens at the call with this number, from 1.

    Args:
        after_effect: whether the call has done its work when it happens.
        error: `Crash` or `DependencyUnavailable`.
    """

    at_call: int
    after_effect: bool
    error: type[BaseException]

    def happen(self, call: Callable[[], Any]) -> Any:
        if self.after_effect:
            call()
        raise self.error(f"{'after' if self.after_effect else 'before'} call {self.at_call}")


@dataclass(frozen=True)
class Meanwhile:
    """Somebody else does something just before the call with this number, from 1."""

    at_call: int
    do: Callable[[], object]

    def happen(self, call: Callable[[], Any]) -> Any:
        self.do()
        return call()


FAULTS = [(after_effect, error) for after_effect in (False, True) for error in (Crash, DependencyUnavailable)]
"""Every kind of fault."""


@dataclass
class Faults:
    """Counts calls and strikes at the planned ones. `calls` names each call that was made."""

    planned: Iterable[Fault | Meanwhile] = ()
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._by_call = {fault.at_call: fault for fault in self.planned}

    def strike(self, port: P) -> P:
        """Return the port with every call counted and, where planned, struck."""
        struck: Any = _Struck(port, self)
        return struck  # type: ignore[no-any-return]

    def call(self, name: str, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.calls.append(name)
        call = partial(method, *args, **kwargs)
        fault = self._by_call.get(len(self.calls))
        return fault.happen(call) if fault else call()


class _Struck:
    def __init__(self, port: Any, faults: Faults) -> None:
        self._port = port
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._port, name)
        return partial(self._faults.call, name, attribute) if callable(attribute) else attribute
