"""Tickets on DynamoDB: the contract, and what the table holds."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from order_engine.adapters.dynamodb.tickets import DynamoDBTickets
from order_engine.application.errors import DependencyUnavailable, Unauthenticated
from order_engine.application.identity import ANYONE
from order_engine.application.stream_tickets import StreamTickets
from order_engine.fakes.process import ManualClock, SeededRandomness
from tests.contracts.tickets import TicketsContract, new_hash
from tests.support.callers import ALICE, NEVER
from tests.support.orders import START

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def tickets(dynamodb: DynamoDBClient) -> DynamoDBTickets:
    return DynamoDBTickets(dynamodb, "TicketsTable")


class TestTickets(TicketsContract):
    """On moto's DynamoDB."""


def items(tickets: DynamoDBTickets) -> list[Any]:
    return tickets.client.scan(TableName=tickets.table)["Items"]


def test_the_table_holds_the_hash_and_who_it_is_but_not_the_ticket(tickets: DynamoDBTickets) -> None:
    issued = StreamTickets(tickets, ManualClock(START), SeededRandomness()).issue(ALICE)
    (item,) = items(tickets)
    assert item.keys() == {"ticketHash", "expiresAt", "userId", "scopes", "tokenExpiresAt"}
    assert item["expiresAt"] == {"N": str(int(START.timestamp()) + 30)}
    assert item["tokenExpiresAt"] == {"N": str(int(NEVER.timestamp()))}
    assert issued not in json.dumps(item)
    assert issued[:8] not in json.dumps(item)


def test_of_anyone_the_table_holds_nothing(tickets: DynamoDBTickets) -> None:
    tickets.add(new_hash(), ANYONE, START)
    (item,) = items(tickets)
    assert item.keys() == {"ticketHash", "expiresAt"}


def test_a_ticket_that_is_used_leaves_nothing_behind(tickets: DynamoDBTickets) -> None:
    ticket = new_hash()
    tickets.add(ticket, ALICE, START)
    assert tickets.take(ticket, START) is None
    assert len(items(tickets)) == 1  # expired: TTL removes it
    tickets.add(ticket, ALICE, NEVER)
    tickets.take(ticket, START)
    assert items(tickets) == []


def test_a_ticket_is_redeemed_once_on_dynamodb_too(tickets: DynamoDBTickets) -> None:
    clock = ManualClock(START)
    desk = StreamTickets(tickets, clock, SeededRandomness())
    first, late = desk.issue(ALICE), desk.issue(ALICE)
    assert desk.redeem(first) == ALICE
    with pytest.raises(Unauthenticated):
        desk.redeem(first)
    clock.sleep(30)
    with pytest.raises(Unauthenticated):
        desk.redeem(late)


def test_a_table_that_does_not_answer_is_an_unavailable_dependency(tickets: DynamoDBTickets) -> None:
    broken = replace(tickets, table="missing")
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        broken.add(new_hash(), ALICE, START)
    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        broken.take(new_hash(), START)
