"""A message is received often enough for all attempts of its order, and not for ever."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from order_engine.adapters.simulated_market.raydium import RAYDIUM
from order_engine.adapters.simulated_market.settings import MarketSettings
from order_engine.adapters.simulated_market.venue import SimulatedVenue
from order_engine.contracts.events import JsonEventCodec
from order_engine.contracts.views import order_view
from order_engine.domain.events import Status
from order_engine.domain.order import Order
from order_engine.domain.swaps import Transaction, TransactionStatus
from order_engine.fakes.orders import InMemoryOrderStore
from tests.infrastructure.sam_template import Template, functions
from tests.support.events import ALICES_ORDER
from tests.support.functions import Deployment, forget
from tests.support.orders import new_order

WAKE_UP = json.dumps({"orderId": ALICES_ORDER})
HOUR = 3600.0
RESERVE = 2
"""A receive also counts where Lambda is throttled or a service is down: as many again are left for these."""


class LossyVenue(SimulatedVenue):
    """A venue whose transactions get lost on their way to the chain: each is over only when its validity is."""

    def submit(self, transaction: Transaction) -> TransactionStatus:
        return self.status(transaction)


class FaultyStore(InMemoryOrderStore):
    def load(self, order_id: str) -> Order:
        raise RuntimeError(f"a fault that only {order_id} shows")


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch, template: Template) -> Iterator[Deployment]:
    """The functions with the template's queue, and with as many retries as it allows."""
    deployed = Deployment(monkeypatch)
    deployed.set(MAX_RETRY_ATTEMPTS=str(template["Parameters"]["MaxRetryAttempts"]["MaxValue"]))
    queue = template["Resources"]["OrdersQueue"]["Properties"]
    deployed.engine.queue.max_receive_count = queue["RedrivePolicy"]["maxReceiveCount"]
    yield deployed
    forget()


def deliver_until_gone(deployed: Deployment, template: Template, body: str) -> tuple[int, float]:
    """Have a message processed whenever it is visible; return how often it was received, and for how many seconds."""
    queue, clock = deployed.engine.queue, deployed.engine.clock
    began, receives = clock.now(), 0
    queue.put(body)
    while queue.messages:
        clock.time = max(clock.time, queue.messages[0].visible_at)
        deployed.deliver(seconds=functions(template)["ProcessOrders"]["Timeout"])
        receives += not queue.dead
    return receives, (clock.now() - began).total_seconds()


def test_an_order_whose_transactions_all_get_lost_comes_to_its_end_before_its_message_does(
    deployed: Deployment, template: Template
) -> None:
    slowest = template["Parameters"]["QuoteLatencyMs"]["MaxValue"] / 1000
    market = MarketSettings("1", quote_latency=slowest)
    venue = LossyVenue(RAYDIUM, market, deployed.engine.clock, deployed.engine.ledger)
    deployed.replace("venues", {venue.name: venue})
    deployed.engine.orders.create(new_order(ALICES_ORDER, at=deployed.engine.clock.now()))
    receives, _ = deliver_until_gone(deployed, template, WAKE_UP)
    order = deployed.engine.orders.load(ALICES_ORDER)
    attempts = 1 + template["Parameters"]["MaxRetryAttempts"]["MaxValue"]
    assert (order.status, order.attempts) == (Status.FAILED, attempts)
    assert order_view(order)["error"]["code"] == "transaction_expired"
    assert deployed.engine.queue.dead == []
    assert receives > 3 * attempts  # the transactions took more than one receive each, or this would be no test
    assert receives * RESERVE <= deployed.engine.queue.max_receive_count <= 1000  # the most that SQS allows


def test_poison_is_a_dead_letter_at_once(deployed: Deployment, template: Template) -> None:
    assert deliver_until_gone(deployed, template, WAKE_UP)[1] == 0
    assert len(deployed.engine.queue.dead) == 1


def test_an_order_that_can_not_be_processed_is_a_dead_letter_after_some_hours(
    deployed: Deployment, template: Template
) -> None:
    deployed.replace("orders", FaultyStore(JsonEventCodec()))
    _, seconds = deliver_until_gone(deployed, template, WAKE_UP)
    assert len(deployed.engine.queue.dead) == 1
    assert 2 * HOUR < seconds < 6 * HOUR
