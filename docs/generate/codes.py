"""The codes that clients are told, from the engine's own tables."""

from __future__ import annotations

from order_engine.contracts.problems import FIELD_CODES, ONLY_HTTP, ONLY_WEBSOCKET, STATUS_BY_CODE
from order_engine.domain import errors
from order_engine.domain.errors import ExecutionError

EXECUTION_CODES = tuple(
    error.code
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, ExecutionError) and error.code != ExecutionError.code
)
HTTP_CODES = tuple(code for code in STATUS_BY_CODE if code not in ONLY_WEBSOCKET)
WEBSOCKET_CODES = tuple(code for code in STATUS_BY_CODE if code not in ONLY_HTTP)

CODES_BY_COMPONENT = {
    "ExecutionFault": EXECUTION_CODES,
    "FieldFault": FIELD_CODES,
    "Problem": HTTP_CODES,
    "Error": WEBSOCKET_CODES,
}
"""The values of the property `code`."""
