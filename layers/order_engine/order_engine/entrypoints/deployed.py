"""A deployed function: its settings and its engine."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from order_engine.engine import Engine
from order_engine.entrypoints.settings import read_settings

if TYPE_CHECKING:
    from order_engine.entrypoints.aws_ports import AwsPorts

S = TypeVar("S")


class Deployed(Generic[S]):
    """A function's settings and its engine. Both are made at the first event and kept as long as the sandbox.

    Args:
        kind: the type of the function's settings.

    Example:
        deployed = Deployed(SweepOrdersSettings)

        def handler(event, context):
            deployed.engine.sweep_orders(LambdaDeadline(context))
    """

    def __init__(self, kind: type[S]) -> None:
        self.kind = kind

    @cached_property
    def settings(self) -> S:
        """The settings. Raises `InvalidSettings`."""
        return read_settings(self.kind, os.environ)

    @cached_property
    def ports(self) -> AwsPorts:
        """The engine's ports on AWS. Raises `InvalidSettings`."""
        from order_engine.entrypoints.aws_ports import AwsPorts

        return AwsPorts(cast(Any, self.settings))

    @cached_property
    def engine(self) -> Engine:
        """The engine on AWS. Raises `InvalidSettings`."""
        return Engine(self.ports, cast(Any, self.settings))
