"""Workers, and the order itself."""

from __future__ import annotations

from order_engine.application.execute_order import OrderExecution
from order_engine.application.process_messages import MessageProcessing
from order_engine.application.retries import RetryPolicy
from order_engine.domain.amounts import read_amount
from order_engine.domain.order import Order
from order_engine.domain.terms import Terms
from order_engine.fakes.orders import InMemoryOrderStore
from tests.simulation.mutants.mutant import mutant

EXECUTION = (
    mutant(
        "no version condition",
        (InMemoryOrderStore.append, "current.version != order.version - 1", "False"),
    ),
    mutant(
        "sent before the signature is stored",
        (
            OrderExecution._build,
            "    refusals = tuple(",
            "    self.venues[best.venue].submit(transaction)\n    refusals = tuple(",
        ),
    ),
    mutant(
        "signed anew before the old transaction has expired",
        (
            OrderExecution._settle,
            "self.clock.sleep(outcome.look_again_in)",
            "return self._retry_or_fail(order, Fault.of_expired(transaction))",
        ),
    ),
    mutant(
        "failed because the transaction was not found",
        (
            OrderExecution._settle,
            "self.clock.sleep(outcome.look_again_in)",
            "return self._append(order.fail(Fault.of_expired(transaction), self.clock.now()))",
        ),
    ),
    mutant(
        "no answer to a submission counts as failed",
        (
            OrderExecution._submit,
            "outcome = self._venue(transaction).submit(transaction)",
            "try: outcome = self._venue(transaction).submit(transaction)\n"
            "    except Exception: return self._retry_or_fail(order, Fault.of_expired(transaction))",
        ),
    ),
    mutant(
        "a failing write of the worker is swallowed",
        (
            OrderExecution._append,
            "self.orders.append(order)",
            "try: self.orders.append(order)\n    except VersionConflict: raise\n    except Exception: pass",
        ),
    ),
    mutant(
        "receive count used as attempt count",
        (
            MessageProcessing._process,
            "result = self.execution.execute(",
            "few = type(self.execution.retries)(4 - wake_up.receive_count, 1.0)\n"
            "        execution = type(self.execution)(self.execution.orders, self.execution.venues,"
            " self.execution.executor, self.execution.clock, self.execution.randomness, few)\n"
            "        result = execution.execute(",
        ),
    ),
    mutant(
        "attempts without end",
        (RetryPolicy.allows_after, "attempt <= self.max_retries", "True"),
    ),
    mutant("all attempts are number one", (Order.swap, "self.attempt,", "1,")),
    mutant(
        "an order's time may run backwards",
        (Order._next, "max(at, self.updated_at)", "at"),
    ),
    mutant(
        "the order's own minimum is ignored",
        (Terms.min_amount_out_for, ", self.min_amount_out)", ", 0)"),
    ),
    mutant(
        "slippage is taken from another venue's quote",
        (OrderExecution._build, "min_amount_out_for(best.amount_out)", "min_amount_out_for(quotes[0].amount_out)"),
    ),
    mutant(
        "amounts go through binary floats",
        (
            read_amount,
            "int(Decimal(text).scaleb(token.decimals, _EXACT))",
            "int(float(text) * 10**token.decimals)",
        ),
    ),
)
