"""What clients send over a WebSocket: the query of the connection, and a frame for each action."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from order_engine.application.identity import Caller
from order_engine.application.targets import ALL, order_target, user_target
from order_engine.contracts.fields import PrintableText
from order_engine.contracts.order_id import MalformedOrderId, parse_order_id


def _order_id(text: str) -> str:
    try:
        return parse_order_id(text)
    except MalformedOrderId as error:
        raise PydanticCustomError("invalid_order_id", "must be a UUID") from error


OrderId = Annotated[str, AfterValidator(_order_id), Field(json_schema_extra={"format": "uuid"})]


class Frame(BaseModel):
    """Any frame: what to do, and optionally an id of the client's own that the answer repeats."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    action: str
    request_id: Annotated[PrintableText | None, Field(alias="requestId")] = None


class Target(BaseModel):
    """What to subscribe to: one order, or the channel `user` or `all`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    order_id: Annotated[OrderId | None, Field(alias="orderId")] = None
    channel: Annotated[Literal["user", "all"] | None, Field()] = None
    after_seq: Annotated[
        int, Field(alias="afterSeq", ge=0, le=10_000, description="Events up to this one are known already.")
    ] = 0
    user_id: Annotated[
        PrintableText | None, Field(alias="userId", description="Whose channel; your own if it is left out.")
    ] = None

    def target(self, caller: Caller) -> str | None:
        """Return the target that is named; None where none is."""
        if self.order_id is not None:
            return order_target(self.order_id)
        if self.channel is None:
            return None
        return ALL if self.channel == ALL else user_target(self.user_id or caller.user_id)

    @property
    def known_seq(self) -> int:
        """The last event that the client knows; a channel has none."""
        return self.after_seq if self.order_id is not None else 0


class ConnectQuery(Target):
    """The query string of a new connection: at most one of `orderId` and `channel`."""

    ticket: Annotated[
        str | None, Field(max_length=128, description="From `POST /api/stream-tickets`; where authentication is on.")
    ] = None

    @model_validator(mode="after")
    def _at_most_one(self) -> ConnectQuery:
        if self.order_id is not None and self.channel is not None:
            raise PydanticCustomError("ambiguous_target", "give orderId or channel, not both")
        return self


class SubscribeFrame(Frame, Target):
    """`subscribe` and `unsubscribe`: exactly one of `orderId` and `channel`."""

    action: Literal["subscribe", "unsubscribe"]

    @model_validator(mode="after")
    def _exactly_one(self) -> SubscribeFrame:
        if (self.order_id is None) == (self.channel is None):
            raise PydanticCustomError("ambiguous_target", "give either orderId or channel")
        return self


class OneOrderFrame(Frame):
    """`get_order` and `cancel_order`."""

    action: Literal["get_order", "cancel_order"]
    order_id: Annotated[OrderId, Field(alias="orderId")]


class PingFrame(Frame):
    """`ping`."""

    action: Literal["ping"]
