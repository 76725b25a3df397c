"""A deployed function: its settings and its engine."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from order_engine.engine import Engine
from order_engine.entrypoints.settings import InvalidSettings, read_settings

if TYPE_CHECKING:
    from order_engine.application.identity import Caller, User
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

    @property
    def authenticates(self) -> bool:
        """Whether callers must be known, also where the function's other settings, or this one, make no sense."""
        from order_engine.entrypoints.identity_settings import IdentitySettings

        try:
            return read_settings(IdentitySettings, os.environ).auth_mode.authenticates
        except InvalidSettings:
            return True

    def http_caller(self, event: dict[str, Any]) -> Caller:
        """Return who sent an HTTP request. Raises `Unauthenticated` or `InvalidSettings`."""
        from order_engine.entrypoints.identity import http_caller

        return http_caller(event, cast(Any, self.settings).auth_mode, self.ports.clock.now())

    def connected_caller(self, event: dict[str, Any]) -> Caller:
        """Return who opens a WebSocket connection. Raises `Unauthenticated` or `InvalidSettings`."""
        from order_engine.entrypoints.identity import connected_caller

        return connected_caller(event, cast(Any, self.settings).auth_mode, self.ports.clock.now())

    def handshake_user(self, event: dict[str, Any]) -> User:
        """Return who asks for a WebSocket connection. Raises `Unauthenticated` or `InvalidSettings`."""
        from order_engine.entrypoints.identity import handshake_user

        return handshake_user(event, self.engine, cast(Any, self.settings).auth_mode)

    def frame_sender(self, event: dict[str, Any]) -> Caller:
        """Return who opened the connection of a frame. Raises `InvalidSettings`."""
        from order_engine.entrypoints.identity import frame_sender

        return frame_sender(event, cast(Any, self.settings).auth_mode)
