"""Whatever steps are tried, in whatever order and by whatever clocks: the order stays a legal one."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from order_engine.domain.errors import IllegalTransition
from order_engine.domain.events import Status
from order_engine.domain.order import TRANSITIONS
from tests.support.invariants import check_life
from tests.support.orders import STEP, new_order
from tests.unit.domain.order_steps import STEPS

clocks = st.timedeltas(timedelta(seconds=-90), timedelta(seconds=90))


class OrderMachine(RuleBasedStateMachine):
    """Tries legal and illegal steps."""

    @initialize()
    def place(self) -> None:
        self.order = new_order()
        self.seen = [self.order]

    @precondition(lambda self: not self.order.status.terminal)
    @rule(data=st.data(), skew=clocks)
    def step(self, data: st.DataObject, skew: timedelta) -> None:
        status = data.draw(st.sampled_from(sorted(TRANSITIONS[self.order.status])))
        self.order = STEPS[status](self.order, self.order.updated_at + STEP + skew)
        self.seen.append(self.order)

    @rule(status=st.sampled_from(Status), skew=clocks)
    def try_anything(self, status: Status, skew: timedelta) -> None:
        allowed = status in TRANSITIONS[self.order.status]
        try:
            STEPS[status](self.order, self.order.updated_at + skew)
        except IllegalTransition:
            assert not allowed
        else:
            assert allowed

    @invariant()
    def life_is_legal(self) -> None:
        check_life(self.order)

    @invariant()
    def nothing_that_happened_is_rewritten(self) -> None:
        for image in self.seen:
            assert self.order.events[: image.version] == image.events

    @invariant()
    def a_transaction_belongs_to_the_current_attempt(self) -> None:
        transaction = self.order.transaction
        if transaction is not None:
            assert transaction.swap.attempt == self.order.attempt
        elif self.order.status in (Status.BUILDING, Status.SUBMITTED, Status.CONFIRMED):
            raise AssertionError("signed, and no transaction")

    @invariant()
    def attempts_add_up(self) -> None:
        assert self.order.attempts <= self.order.attempt <= self.order.attempts + 1


TestOrderMachine = OrderMachine.TestCase
TestOrderMachine.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
