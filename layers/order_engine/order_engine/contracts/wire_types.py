"""Types of values on the wire, with what JSON Schema says of them.

Only type checkers and the generator of the API documents import this; the functions pay nothing for it.
"""

from __future__ import annotations

from typing import Annotated, Any

from order_engine.domain.tokens import TOKENS


class Describe:
    """JSON Schema keywords of an annotated type. Pydantic, with which the documents are made, calls the method."""

    def __init__(self, description: str = "", **keywords: Any) -> None:
        self.keywords = ({"description": description} if description else {}) | keywords

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        """Return the type's own schema with these keywords."""
        return {**handler(schema), **self.keywords}


OrderId = Annotated[str, Describe(format="uuid")]
OrderType = Annotated[str, Describe(const="market")]
Timestamp = Annotated[str, Describe("UTC, with milliseconds.", format="date-time")]
Seq = Annotated[int, Describe("Its place in the order's life: gapless from 1.", minimum=1)]
Attempt = Annotated[int, Describe("From 1.", minimum=1)]
Count = Annotated[int, Describe(minimum=0)]
DecimalString = Annotated[str, Describe(pattern=r"^\d+(\.\d+)?$")]
SignedDecimalString = Annotated[str, Describe(pattern=r"^-?\d+(\.\d+)?$")]
AsEntered = Annotated[str, Describe(pattern=r"^[+-]?(\d+\.?\d*|\.\d+)$")]
Symbol = Annotated[str, Describe(enum=[token.symbol for token in TOKENS])]
VenueName = Annotated[str, Describe("Such as `raydium` or `meteora`.")]
TxHash = Annotated[str, Describe("The signature, in base58.", pattern=r"^[1-9A-HJ-NP-Za-km-z]{64,88}$")]
CorrelationId = Annotated[
    str, Describe("The id of the request that placed the order; the same everywhere.", maxLength=128)
]
RequestId = Annotated[str, Describe("As in the frame that this answers.")]
