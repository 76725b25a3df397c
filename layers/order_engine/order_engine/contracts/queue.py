"""The message on the order queue."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class WakeUp(BaseModel):
    """Look at this order. Fields added by later versions are ignored, so that versions can be mixed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    order_id: Annotated[UUID, Field(alias="orderId")]
    correlation_id: Annotated[str | None, Field(alias="correlationId", max_length=128)] = None
