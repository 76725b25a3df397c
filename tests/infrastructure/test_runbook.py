"""The operator's policy allows what the runbook and the operators' commands do, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws
from typer.testing import CliRunner

from order_engine.adapters.dynamodb.order_items import OrderItems
from order_engine.contracts.events import JsonEventCodec
from orders_admin.app import app
from tests.infrastructure.sam_template import ROOT, Template, listed
from tests.support.orders import new_order

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
STATEMENTS = json.loads((ROOT / "docs" / "operator-policy.json").read_text(encoding="utf-8"))["Statement"]
STACK = "order-engine-prod"
PLACE = "eu-central-1:123456789012"
ORDER = "0190d3c0-0000-7000-8000-00000000000a"

COMMAND = re.compile(r"\baws (cloudformation|dynamodb|lambda|logs|secretsmanager|sqs) ([a-z-]+)(.*?)(?=\baws |$)")
CALLED_BY_ORDERS_ADMIN = {
    "cloudformation:DescribeStacks",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:Scan",
    "lambda:InvokeFunction",
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
}
TABLE = {
    "AttributeDefinitions": [{"AttributeName": "orderId", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "orderId", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
RESOURCES = {
    "OrdersTable": {"Type": "AWS::DynamoDB::Table", "Properties": TABLE},
    "OrdersQueue": {"Type": "AWS::SQS::Queue"},
    "DeadLetterQueue": {"Type": "AWS::SQS::Queue"},
}
OUTPUTS = {
    "OrdersTableName": {"Value": {"Ref": "OrdersTable"}},
    "OrdersQueueUrl": {"Value": {"Ref": "OrdersQueue"}},
    "DeadLetterQueueUrl": {"Value": {"Ref": "DeadLetterQueue"}},
    "WriteHistoryFunctionName": {"Value": f"{STACK}-WriteHistory-1A2B"},
}


@dataclass(frozen=True)
class Call:
    """One call of AWS: what IAM calls it, and what it is about."""

    action: str
    arn: str


def allowed(call: Call) -> bool:
    return any(
        call.action in listed(statement["Action"])
        and any(fnmatchcase(call.arn, pattern) for pattern in listed(statement["Resource"]))
        for statement in STATEMENTS
    )


def in_the_runbook() -> Iterator[Call]:
    """Yield what the runbook has people call with the AWS CLI."""
    for block in re.findall(r"^ *```sh\n(.*?)```", RUNBOOK, re.DOTALL | re.MULTILINE):
        for line in block.replace("\\\n", " ").splitlines():
            for service, operation, rest in COMMAND.findall(line.split(" #")[0]):
                yield Call(_action(service, operation.title().replace("-", "")), _arn(service, operation, rest))


def _action(service: str, operation: str) -> str:
    return f"{service}:{operation}Function" if operation == "Invoke" else f"{service}:{operation}"


def _arn(service: str, operation: str, arguments: str) -> str:
    """Return what a command is about; where a stack's output names it, as CloudFormation would name it."""
    named = re.search(r"\$\(output (\w+?)(?:FunctionName|Name|Url)\)", arguments)
    resource = f"{STACK}-{named[1] if named else 'OrdersQueue'}-1A2B"
    index = "/index/open" if "--index-name open" in arguments else ""
    return {
        "cloudformation": f"arn:aws:cloudformation:{PLACE}:stack/{STACK}/4711",
        "dynamodb": f"arn:aws:dynamodb:{PLACE}:table/{resource}{index}",
        "lambda": {
            "list-event-source-mappings": "*",
            "update-event-source-mapping": f"arn:aws:lambda:{PLACE}:event-source-mapping:4711",
        }.get(operation, f"arn:aws:lambda:{PLACE}:function:{resource}"),
        "logs": f"arn:aws:logs:{PLACE}:log-group:/aws/lambda/{STACK}/process_orders:log-stream:",
        "secretsmanager": f"arn:aws:secretsmanager:{PLACE}:secret:order-engine/database-AbCdEf",
        "sqs": f"arn:aws:sqs:{PLACE}:{resource}",
    }[service]


@pytest.fixture
def called_by_orders_admin(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[Call]]:
    """Give what `orders-admin redrive` and `orders-admin rebuild-history` have called, with a letter of each kind."""
    for name, value in {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test", "REGION": "eu-central-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        cloud = boto3.Session(region_name="eu-central-1")
        stack = {"Resources": RESOURCES, "Outputs": OUTPUTS}
        cloud.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(stack))
        described = cloud.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
        item = OrderItems(JsonEventCodec()).to_item(new_order(ORDER))
        cloud.client("dynamodb").put_item(TableName=outputs["OrdersTableName"], Item=item)
        for body in (json.dumps({"orderId": ORDER}), "poison"):
            cloud.client("sqs").send_message(QueueUrl=outputs["DeadLetterQueueUrl"], MessageBody=body)
        calls = _recorded(monkeypatch)
        for command in ("redrive --json", "redrive --yes --drop", "rebuild-history"):
            environment = {"ORDERS_URL": "https://orders.example.org", "ORDERS_STACK": STACK}
            done = CliRunner().invoke(app, command.split(), env=environment)
            assert done.exit_code == 0, done.output
        yield calls


def _recorded(monkeypatch: pytest.MonkeyPatch) -> set[Call]:
    """Note every call from now on; functions are not run."""
    calls: set[Call] = set()
    make = BaseClient._make_api_call  # type: ignore[attr-defined]

    def noted(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        service = client.meta.service_model.signing_name
        names = ("StackName", "TableName", "FunctionName", "QueueUrl")
        (name,) = (parameters[key].rsplit("/", 1)[-1] for key in names if key in parameters)
        kind = {"cloudformation": "stack/", "dynamodb": "table/", "lambda": "function:"}.get(service, "")
        rest = "/4711" if service == "cloudformation" else ""
        calls.add(Call(_action(service, operation), f"arn:aws:{service}:{PLACE}:{kind}{name}{rest}"))
        return {"Payload": BytesIO(b"null")} if operation == "Invoke" else make(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    return calls


def test_the_policy_allows_every_command_of_the_runbook() -> None:
    calls = set(in_the_runbook())
    assert len(calls) > 10
    assert [call for call in calls if not allowed(call)] == []


def test_the_policy_allows_what_the_operators_commands_call(called_by_orders_admin: set[Call]) -> None:
    assert {call.action for call in called_by_orders_admin} == CALLED_BY_ORDERS_ADMIN
    assert [call for call in called_by_orders_admin if not allowed(call)] == []


def test_the_policy_allows_nothing_that_nobody_needs() -> None:
    granted = {action for statement in STATEMENTS for action in listed(statement["Action"])}
    assert granted == CALLED_BY_ORDERS_ADMIN | {call.action for call in in_the_runbook()}


def test_the_policy_is_about_the_engine_alone() -> None:
    for statement in STATEMENTS:
        if "Condition" in statement:
            about = statement["Condition"]["ArnLike"]["lambda:FunctionArn"]
        else:
            about = listed(statement["Resource"])
        assert all("order-engine" in pattern for pattern in about) or statement["Sid"] == "FindEventSources"


def test_event_sources_may_be_changed_of_the_functions_that_the_runbook_names() -> None:
    (changing,) = (statement for statement in STATEMENTS if "Condition" in statement)
    patterns = changing["Condition"]["ArnLike"]["lambda:FunctionArn"]
    functions = {pattern.split("-")[-2] for pattern in patterns}
    assert (
        functions == {"ProcessOrders", "PushUpdates", "WriteHistory"} <= set(re.findall(r"(\w+)FunctionName", RUNBOOK))
    )


def test_a_queue_that_is_made_anew_is_as_in_the_template(template: Template) -> None:
    queue = template["Resources"]["OrdersQueue"]["Properties"]
    (text,) = re.findall(r"attributes\.json <<END\n(.*?)\nEND", RUNBOOK, re.DOTALL)
    made = json.loads(text)
    assert json.loads(made.pop("RedrivePolicy"))["maxReceiveCount"] == queue["RedrivePolicy"]["maxReceiveCount"]
    assert made == {name: str(value).lower() for name, value in queue.items() if name != "RedrivePolicy"}
