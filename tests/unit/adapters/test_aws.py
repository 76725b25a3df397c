"""What the AWS adapters share: one error for calls whose effect is unknown, and refused writes with the item there."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, NoCredentialsError

from order_engine.adapters.aws import ConditionFailed, client_config, conditional_write, unavailable_on_error
from order_engine.adapters.history_probe import HistoryProbe
from order_engine.application.errors import DependencyUnavailable
from order_engine.application.execute_order import SAFETY_MARGIN
from order_engine.application.ports.dependencies import HISTORY_PROBE


def client_error(code: str, **response: Any) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "no"}, **response}
    return ClientError(answer, "PutItem")


@pytest.mark.parametrize(
    "error",
    [
        client_error("ThrottlingException"),
        client_error("AccessDeniedException"),
        client_error("ResourceNotFoundException"),
        ConnectTimeoutError(endpoint_url="https://example.org"),
        EndpointConnectionError(endpoint_url="https://example.org"),
        NoCredentialsError(),
    ],
)
def test_whatever_keeps_a_service_from_answering_it_is_named(error: Exception) -> None:
    with pytest.raises(DependencyUnavailable, match="SQS did not answer") as told, unavailable_on_error("SQS"):
        raise error
    assert told.value.__cause__ is error


def test_a_mistake_of_ours_is_not_blamed_on_a_service() -> None:
    with pytest.raises(KeyError), unavailable_on_error("SQS"):
        raise KeyError("mine")


@pytest.mark.parametrize("there", [{}, {"orderId": {"S": "x"}}])
def test_a_refused_write_tells_what_is_there(there: dict[str, Any]) -> None:
    def write(**_: Any) -> None:
        raise client_error("ConditionalCheckFailedException", Item=there)

    with pytest.raises(ConditionFailed) as refused:
        conditional_write(write, TableName="orders")
    assert refused.value.item == there


def test_a_write_that_fails_otherwise_is_an_unavailable_dependency() -> None:
    def write(**_: Any) -> None:
        raise client_error("ProvisionedThroughputExceededException")

    with pytest.raises(DependencyUnavailable, match="DynamoDB"):
        conditional_write(write)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 4), (2, 8)])
def test_a_service_that_does_not_answer_times_out_well_before_the_function_does(attempts: int, seconds: int) -> None:
    config: Any = client_config(attempts)
    assert config.retries["total_max_attempts"] == attempts
    assert attempts * (config.connect_timeout + config.read_timeout) == seconds
    assert config.max_pool_connections >= 64


def test_a_worker_whose_table_and_queue_both_hang_ends_before_its_deadline() -> None:
    """A step may begin with this margin left: its write has two attempts, then giving the message back has one."""

    def longest(attempts: int) -> float:
        config: Any = client_config(attempts)
        backoff = attempts - 1  # at most a second before the second attempt, in botocore's standard mode
        return float(attempts * (config.connect_timeout + config.read_timeout) + backoff)

    assert longest(2) + longest(1) < SAFETY_MARGIN


class Lambda:
    """Answers an invocation in a given way, and notes it."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []

    def invoke(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_postgres_is_asked_through_the_function_that_reaches_it() -> None:
    client: Any = Lambda({"StatusCode": 200})
    HistoryProbe(client, "read-history").check()
    assert client.asked == [{"FunctionName": "read-history", "Payload": '{"check": "database"}'}]
    assert HISTORY_PROBE == {"check": "database"}


@pytest.mark.parametrize("answer", [{"FunctionError": "Unhandled"}, client_error("TooManyRequestsException")])
def test_a_postgres_that_does_not_answer_is_an_unavailable_dependency(answer: Any) -> None:
    client: Any = Lambda(answer)
    with pytest.raises(DependencyUnavailable):
        HistoryProbe(client, "read-history").check()
