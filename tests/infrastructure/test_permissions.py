"""Every function may do what it does, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.infrastructure.sam_template import Resource, Template, functions, listed, name, of_type

CONNECTION = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:WebSocketApi/Stage/%s/@connections/*"
SEND, CLOSE = CONNECTION % "POST", CONNECTION % "DELETE"
READ_STREAM = "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:ListStreams"
MAY = {
    "OrdersApi": {
        "OrdersTable": "dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem",
        "CountersTable": "dynamodb:GetItem dynamodb:UpdateItem",
        "OrdersQueue": "sqs:GetQueueAttributes sqs:SendMessage",
        "DeadLetterQueue": "sqs:GetQueueAttributes",
        "TicketsTable": "dynamodb:PutItem",
        "ReadHistory": "lambda:InvokeFunction",
    },
    "ReadHistory": {"DatabaseSecretArn": "secretsmanager:GetSecretValue"},
    "ProcessOrders": {
        "OrdersTable": "dynamodb:GetItem dynamodb:UpdateItem",
        "ChainTable": "dynamodb:GetItem dynamodb:PutItem",
        "OrdersQueue": "sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage",
    },
    "CloseDeadLetters": {
        "OrdersTable": "dynamodb:GetItem dynamodb:UpdateItem",
        "ChainTable": "dynamodb:GetItem dynamodb:PutItem",
        "DeadLetterQueue": "sqs:ChangeMessageVisibility sqs:ReceiveMessage",
    },
    "SweepOrders": {"OrdersTable/index/open": "dynamodb:Query", "OrdersQueue": "sqs:SendMessage"},
    "StreamGateway": {
        "ConnectionsTable": "dynamodb:DeleteItem dynamodb:PutItem dynamodb:UpdateItem",
        "OrdersTable": "dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem",
        "CountersTable": "dynamodb:UpdateItem",
        "OrdersQueue": "sqs:SendMessage",
        SEND: "execute-api:ManageConnections",
        CLOSE: "execute-api:ManageConnections",
    },
    "StreamAuthorizer": {"TicketsTable": "dynamodb:DeleteItem"},
    "AssignScopes": {},
    "PushUpdates": {
        "OrdersTable.StreamArn": READ_STREAM,
        "ConnectionsTable.StreamArn": READ_STREAM,
        "ConnectionsTable": "dynamodb:DeleteItem dynamodb:Query dynamodb:UpdateItem",
        "OrdersTable": "dynamodb:GetItem",
        SEND: "execute-api:ManageConnections",
        CLOSE: "execute-api:ManageConnections",
        "StreamFailureQueue": "sqs:SendMessage",
    },
    "WriteHistory": {
        "OrdersTable.StreamArn": READ_STREAM,
        "CountersTable": "dynamodb:PutItem",
        "DatabaseSecretArn": "secretsmanager:GetSecretValue",
        "StreamFailureQueue": "sqs:SendMessage",
    },
    "MigrateDatabase": {"DatabaseSecretArn": "secretsmanager:GetSecretValue"},
}
IN_THE_VPC = {"ReadHistory", "WriteHistory", "MigrateDatabase"}


def statements(role: Resource) -> Iterator[dict[str, Any]]:
    for policy in role["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def grants(role: Resource) -> dict[str, set[str]]:
    """Return the actions that a role's own policies allow, by resource."""
    granted: dict[str, set[str]] = {}
    for statement in statements(role):
        assert statement["Effect"] == "Allow"
        for resource in listed(statement["Resource"]):
            granted.setdefault(name(resource), set()).update(listed(statement["Action"]))
    return granted


def role_of(stack: Template, function: str) -> Resource:
    role = of_type(stack, "AWS::Lambda::Function")[function]["Role"]["Fn::GetAtt"][0]
    properties: Resource = of_type(stack, "AWS::IAM::Role")[role]
    return properties


def test_every_function_is_on_the_list(template: Template) -> None:
    assert functions(template).keys() == MAY.keys()


@pytest.mark.parametrize("function", MAY)
def test_a_function_may_do_exactly_what_it_does(stack: Template, function: str) -> None:
    expected = {resource: set(actions.split()) for resource, actions in MAY[function].items()}
    own_log = {f"{function}Logs": {"logs:CreateLogStream", "logs:PutLogEvents"}}
    assert grants(role_of(stack, function)) == expected | own_log


def test_no_two_functions_share_a_role_and_sam_makes_none(stack: Template) -> None:
    roles = [properties["Role"]["Fn::GetAtt"][0] for properties in of_type(stack, "AWS::Lambda::Function").values()]
    assert sorted(roles) == sorted(set(roles)) == sorted(of_type(stack, "AWS::IAM::Role"))


def test_no_wildcards(stack: Template) -> None:
    for role in of_type(stack, "AWS::IAM::Role").values():
        for resource, actions in grants(role).items():
            assert "*" not in "".join(actions)
            assert "*" not in resource or resource in {SEND, CLOSE}  # the gateway generates the connection ids


@pytest.mark.parametrize("function", MAY)
def test_managed_policies_only_where_no_resource_can_be_named(stack: Template, function: str) -> None:
    tracing, *others = role_of(stack, function)["ManagedPolicyArns"]
    assert name(tracing).endswith("policy/AWSXRayDaemonWriteAccess")
    network = [(branch["Fn::If"][0], branch["Fn::If"][1]["Ref"]) for branch in others]
    assert network == ([("UsesVpc", "NetworkPolicy")] if function in IN_THE_VPC else [])


def test_joining_a_vpc_takes_what_lambda_says_and_no_more(stack: Template) -> None:
    (statement,) = stack["Resources"]["NetworkPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert stack["Resources"]["NetworkPolicy"]["Condition"] == "UsesVpc"
    assert statement["Action"] == [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ]


def test_only_lambda_assumes_the_roles(stack: Template) -> None:
    for role in of_type(stack, "AWS::IAM::Role").values():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
