"""Exit codes, and errors on standard error: as text, or as JSON."""

from __future__ import annotations

import json
from enum import IntEnum
from typing import Any

from rich.console import Console

from orders_client.errors import ApiError, InsecureAddress, NotConfirmed, OrdersError, SignInFailed
from orders_client.models import Status


class ExitCode(IntEnum):
    """The exit codes of `orders`."""

    DONE = 0
    NOT_CONFIRMED = 1
    """An order that was waited for has failed or was cancelled, or a receipt is wrong."""
    USAGE = 2
    REFUSED = 3
    """The API, the sign-in service or, for an insecure address, this client refused, and will again."""
    UNAVAILABLE = 4
    """No answer, or none that can be decoded; or an order did not end in time. A retry may succeed."""
    NO_RECEIPT = 5
    """The order is not confirmed, so there is nothing to verify."""
    INTERRUPTED = 130


EPILOG = (
    "Exit codes: 0 done · 1 an order that was waited for is not confirmed, or a receipt is wrong · 2 wrong usage ·"
    " 3 refused by the API · 4 no answer, or not in time · 5 no receipt to verify · 130 interrupted"
)


def exit_code(error: OrdersError) -> ExitCode:
    """Return the exit code for an error."""
    if isinstance(error, NotConfirmed):
        return ExitCode.NO_RECEIPT
    refused = isinstance(error, ApiError | SignInFailed | InsecureAddress)
    return ExitCode.REFUSED if refused else ExitCode.UNAVAILABLE


def exit_code_of(statuses: list[Status]) -> ExitCode:
    """Return the exit code for orders that have ended."""
    confirmed = all(status is Status.CONFIRMED for status in statuses)
    return ExitCode.DONE if confirmed else ExitCode.NOT_CONFIRMED


def print_error(error: OrdersError, console: Console, *, as_json: bool) -> None:
    """Print an error with its faulty fields and its next step."""
    if as_json:
        console.print(json.dumps({"error": _error_body(error)}), markup=False, soft_wrap=True)
        return
    console.print("[bold red]Error[/]", end=" ")
    console.print(str(error), markup=False, soft_wrap=True)
    if isinstance(error, ApiError):
        for fault in error.problem.errors:
            console.print(f"  {fault.field}: {fault.message}", markup=False, soft_wrap=True)
    if error.next_step:
        console.print("[bold]Next[/]", error.next_step, soft_wrap=True)


def _error_body(error: OrdersError) -> dict[str, Any]:
    facts: dict[str, Any] = {"message": str(error), "nextStep": error.next_step}
    if isinstance(error, ApiError):
        problem = error.problem
        faults = [{"field": fault.field, "code": fault.code, "message": fault.message} for fault in problem.errors]
        facts |= {"code": problem.code, "status": problem.status, "errors": faults, "requestId": problem.request_id}
    return facts
