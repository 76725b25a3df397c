"""The events of an order: each kind has its status, and a fault is all the evidence there is."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from order_engine.domain import events
from order_engine.domain.errors import ExecutionError, NoLiquidity, QuoteUnavailable
from order_engine.domain.events import (
    Accepted,
    Cancelled,
    Confirmed,
    Event,
    Failed,
    Fault,
    RetryScheduled,
    RoutingStarted,
    Status,
    TransactionSigned,
    TransactionSubmitted,
)
from order_engine.domain.swaps import Reverted
from tests.support.orders import CANCELLED, FAILED, REVERTED, after, new_order, transaction

ORDER = new_order("0198a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b")
TRANSACTION = transaction(ORDER)
STATUSES: dict[type[Event], Status] = {
    Accepted: Status.PENDING,
    RetryScheduled: Status.PENDING,
    RoutingStarted: Status.ROUTING,
    TransactionSigned: Status.BUILDING,
    TransactionSubmitted: Status.SUBMITTED,
    Confirmed: Status.CONFIRMED,
    Failed: Status.FAILED,
    Cancelled: Status.CANCELLED,
}


def test_each_kind_of_event_has_one_status_and_each_status_an_event() -> None:
    kinds = {kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event)} - {Event}
    assert {kind: kind.status for kind in kinds} == STATUSES
    assert set(STATUSES.values()) == set(Status)


@pytest.mark.parametrize("life", [REVERTED, FAILED, CANCELLED], ids=lambda life: life[-1])
def test_what_happened_can_not_be_changed(life: tuple[Status, ...]) -> None:
    for event in after(ORDER, *life).events:
        with pytest.raises(FrozenInstanceError):
            event.seq = 77  # type: ignore[misc]


@pytest.mark.parametrize(
    ("error", "code"), [(NoLiquidity("Too much."), "no_liquidity"), (QuoteUnavailable("Busy."), "quote_unavailable")]
)
def test_an_error_code_is_stable_and_its_message_the_errors_own(error: ExecutionError, code: str) -> None:
    assert Fault.of(error) == Fault(code, str(error))
    failed = after(ORDER, Status.ROUTING, Status.FAILED, error=error).events[-1]
    assert isinstance(failed, Failed)
    assert (failed.fault, failed.attempts) == (Fault(code, str(error)), 1)


def test_a_failure_on_chain_names_its_program_and_transaction() -> None:
    fault = Fault.of_reverted(TRANSACTION, Reverted("program", 6005, "ExceededSlippage"))
    assert (fault.code, fault.message) == ("transaction_failed", "ExceededSlippage")
    assert (fault.program, fault.program_code) == ("program", 6005)
    assert (fault.venue, fault.tx_hash) == (TRANSACTION.venue, TRANSACTION.signature)


def test_an_expired_transaction_is_named_and_no_program_is() -> None:
    fault = Fault.of_expired(TRANSACTION)
    assert fault.code == "transaction_expired"
    assert fault.message == "The transaction did not land while it was valid; it can't land any more."
    assert (fault.venue, fault.tx_hash) == (TRANSACTION.venue, TRANSACTION.signature)
    assert (fault.program, fault.program_code) == (None, None)
