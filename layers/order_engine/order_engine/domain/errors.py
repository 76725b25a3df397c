"""The errors of the domain and of the venues.

OrderEngineError
├── InvalidOrder             a request that can't be accepted; carries one FieldError for each fault
├── IllegalTransition        a step that the transition table does not have
└── ExecutionError           an attempt to execute an order failed; the message is shown to the order's owner
    ├── RetryableError       the order is tried again
    │   ├── QuoteUnavailable
    │   ├── PriceMoved       the best quote is below the order's own minimum
    │   ├── SimulationFailed
    │   ├── TransactionFailed    it landed on chain and failed there
    │   └── TransactionExpired   it can't land any more
    └── FinalError           recorded as `failed`, never tried again
        ├── NoLiquidity
        ├── UnknownPair
        └── ProcessingGaveUp     its message became a dead letter
"""

from __future__ import annotations

from dataclasses import dataclass


class OrderEngineError(Exception):
    """Base of all errors that the engine raises itself. `code` is stable and goes over the wire."""

    code = "internal_error"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of one input field.

    Args:
        field: the field's name on the wire, such as ``amountIn``.
        code: stable machine-readable reason.
        message: what was wrong and what would be right.
    """

    field: str
    code: str
    message: str


class InvalidOrder(OrderEngineError):
    """The request is well formed but can't be accepted."""

    code = "validation_failed"

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
        self.errors = errors


class IllegalTransition(OrderEngineError):
    """The step is not in the transition table."""

    code = "illegal_transition"


class ExecutionError(OrderEngineError):
    """An attempt to execute an order failed. The message is shown to the order's owner."""

    code = "execution_failed"


class RetryableError(ExecutionError):
    """Another attempt may succeed."""


class QuoteUnavailable(RetryableError):
    """A venue gave no quote this time."""

    code = "quote_unavailable"


class PriceMoved(RetryableError):
    """The best quote is below the order's own minimum amount out."""

    code = "min_amount_out_not_met"


class SimulationFailed(RetryableError):
    """The venue's dry run of the transaction failed; nothing was sent."""

    code = "simulation_failed"


class TransactionFailed(RetryableError):
    """The transaction landed on chain and failed there: no tokens moved."""

    code = "transaction_failed"


class TransactionExpired(RetryableError):
    """The transaction did not land while it was valid, and never will."""

    code = "transaction_expired"

    def __init__(self) -> None:
        super().__init__("The transaction did not land while it was valid; it can't land any more.")


class FinalError(ExecutionError):
    """Another attempt would end the same way."""


class NoLiquidity(FinalError):
    """The venue has not enough liquidity for this size."""

    code = "no_liquidity"


class UnknownPair(FinalError):
    """The venue has no pool for this pair."""

    code = "unknown_pair"


class ProcessingGaveUp(FinalError):
    """The order's message became a dead letter while no transaction was in flight."""

    code = "processing_gave_up"

    def __init__(self) -> None:
        super().__init__("Processing failed again and again; no transaction was in flight, so nothing was swapped.")
