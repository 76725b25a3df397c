"""`OptionToken`: the access token in `ORDERS_TOKEN` or `--token`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from orders_client.auth.tokens import identity_of
from orders_client.cli.output import local_time
from orders_client.errors import Problem, Unauthenticated

VARIABLE = "ORDERS_TOKEN"


@dataclass(frozen=True, slots=True)
class OptionToken:
    """`Credentials` of a token that was given. Nobody here can renew it.

    Args:
        address: the engine's.
    """

    access_token: str = field(repr=False)
    address: str

    @property
    def source(self) -> str:
        """Where the token was given."""
        return VARIABLE if os.environ.get(VARIABLE) == self.access_token else "--token"

    def token(self) -> str:
        """Return the token."""
        return self.access_token

    def renew(self, refused: str | None) -> None:
        """Raise `Unauthenticated`, which says where the token that was refused stands, and since when it is expired."""
        identity = identity_of(self.access_token)
        code, why = "unauthenticated", ""
        if identity.has_expired:
            code, why = "token_expired", f": it expired at {local_time(identity.expires_at)}"
        message = f"{self.address} does not accept the token in {self.source}{why}."
        raise Unauthenticated(
            Problem(401, code, message), f"Give a new one, or do without {self.source} and sign in: orders login."
        )
