"""The template holds together: queues, streams, logs, alarms, outputs."""

from __future__ import annotations

import re
from math import ceil

import pytest

from order_engine.adapters.simulated_market.venue import TRANSACTION_VALIDITY
from order_engine.application.execute_order import SAFETY_MARGIN
from tests.infrastructure.sam_template import ROOT, Resource, Template, functions, name, of_type

DAY = 24 * 60 * 60
COMMON_LAYERS = ["DependenciesLayer", "OrderEngineLayer"]
LAYERS = {
    "OrdersApi": [*COMMON_LAYERS, "DashboardLayer"],
    "StreamAuthorizer": [*COMMON_LAYERS, "TokenVerificationLayer"],
    "AssignScopes": [],
}
CONSUMERS = {
    ("PushUpdates", "OrdersTable.StreamArn"),
    ("PushUpdates", "ConnectionsTable.StreamArn"),
    ("WriteHistory", "OrdersTable.StreamArn"),
}


def stream_consumers(stack: Template) -> list[Resource]:
    sources = of_type(stack, "AWS::Lambda::EventSourceMapping").values()
    return [source for source in sources if name(source["EventSourceArn"]).endswith(".StreamArn")]


# --- Functions and layers


def test_every_function_has_its_code_and_every_code_its_function(template: Template) -> None:
    folders = {properties["CodeUri"] for properties in functions(template).values()}
    assert folders == {f"functions/{path.parent.name}" for path in ROOT.glob("functions/*/app.py")}


def test_functions_are_named_like_their_folders(template: Template) -> None:
    for function, properties in functions(template).items():
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", function).lower()
        assert properties["CodeUri"] == f"functions/{snake}"
        assert properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == snake


def test_every_function_has_its_log_group_and_all_log_lines_expire(stack: Template) -> None:
    for group in of_type(stack, "AWS::Logs::LogGroup").values():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    for function, properties in of_type(stack, "AWS::Lambda::Function").items():
        assert properties["LoggingConfig"]["LogFormat"] == "JSON"
        assert name(properties["LoggingConfig"]["LogGroup"]) == f"{function}Logs"


def test_every_function_is_traced(stack: Template) -> None:
    for properties in of_type(stack, "AWS::Lambda::Function").values():
        assert properties["TracingConfig"] == {"Mode": "Active"}


def test_every_function_has_its_layers(stack: Template) -> None:
    for function, properties in of_type(stack, "AWS::Lambda::Function").items():
        layers = [re.sub(r"[0-9a-f]{10}$", "", name(layer)) for layer in properties.get("Layers", [])]
        assert layers == LAYERS.get(function, COMMON_LAYERS)


def test_the_dashboard_is_where_the_function_looks_for_it(template: Template) -> None:
    dashboard = template["Resources"]["DashboardLayer"]
    assert "BuildMethod" not in dashboard.get("Metadata", {})  # so that its files are packaged as they are
    assert (ROOT / dashboard["Properties"]["ContentUri"] / "index.html").is_file()
    folder = functions(template)["OrdersApi"]["Environment"]["Variables"]["DASHBOARD_FOLDER"]
    assert folder == "/opt"  # https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html


def test_the_build_of_a_layer_exists(template: Template) -> None:
    for layer, properties in of_type(template, "AWS::Serverless::LayerVersion").items():
        if template["Resources"][layer].get("Metadata", {}).get("BuildMethod") == "makefile":
            makefile = (ROOT / properties["ContentUri"] / "Makefile").read_text()
            assert re.search(rf"^build-{layer}:", makefile, re.MULTILINE)
        assert set(properties["CompatibleArchitectures"]) == set(
            template["Parameters"]["Architecture"]["AllowedValues"]
        )


@pytest.mark.parametrize("layer", ["dependencies", "token_verification"])
def test_what_lambda_brings_itself_is_not_in_the_layer(layer: str) -> None:
    locked = (ROOT / "layers" / layer / "requirements.txt").read_text()
    assert locked
    assert not re.search(r"^(boto3|botocore)==", locked, re.MULTILINE)


def test_what_one_layer_has_the_other_has_not() -> None:
    """Lambda unpacks one over the other, so that two versions of a package would become a mixture."""
    packages = [
        set(re.findall(r"^([\w.-]+)==", (ROOT / "layers" / layer / "requirements.txt").read_text(), re.MULTILINE))
        for layer in ("dependencies", "token_verification")
    ]
    assert all(packages)
    assert not packages[0] & packages[1]


# --- Queues


def test_a_message_stays_hidden_for_six_times_the_time_its_processing_may_take(template: Template) -> None:
    timeout = functions(template)["ProcessOrders"]["Timeout"]
    assert template["Resources"]["OrdersQueue"]["Properties"]["VisibilityTimeout"] >= 6 * timeout


def test_the_processor_says_which_messages_failed_and_is_limited_by_its_settings(stack: Template) -> None:
    source = of_type(stack, "AWS::Lambda::EventSourceMapping")["ProcessOrdersWakeUp"]
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["BatchSize"] == {"Ref": "ProcessorBatchSize"}
    assert source["ScalingConfig"]["MaximumConcurrency"] == {"Ref": "ProcessorMaxConcurrency"}


def test_dead_letters_are_kept_longer_than_messages(template: Template) -> None:
    queues = of_type(template, "AWS::SQS::Queue")
    redrive = queues["OrdersQueue"]["RedrivePolicy"]
    assert name(redrive["deadLetterTargetArn"]) == "DeadLetterQueue"
    assert queues["OrdersQueue"]["MessageRetentionPeriod"] < queues["DeadLetterQueue"]["MessageRetentionPeriod"]
    assert queues["DeadLetterQueue"]["MessageRetentionPeriod"] == 14 * DAY


def test_a_message_is_received_far_more_often_than_all_attempts_of_its_order_may_take(template: Template) -> None:
    first_try = 1
    attempts = first_try + template["Parameters"]["MaxRetryAttempts"]["MaxValue"]
    watched = functions(template)["ProcessOrders"]["Timeout"] - SAFETY_MARGIN  # seconds of a transaction's validity
    receives = attempts * ceil(TRANSACTION_VALIDITY.total_seconds() / watched)
    assert template["Resources"]["OrdersQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"] >= 2 * receives


def test_queues_are_encrypted(template: Template) -> None:
    assert all(queue["SqsManagedSseEnabled"] for queue in of_type(template, "AWS::SQS::Queue").values())


# --- Tables and streams


def test_the_order_table(template: Template) -> None:
    orders = template["Resources"]["OrdersTable"]
    (index,) = orders["Properties"]["GlobalSecondaryIndexes"]
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["open", "dueAt"]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    assert orders["Properties"]["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert orders["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert orders["DeletionPolicy"] == orders["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("table", ["ConnectionsTable", "CountersTable", "TicketsTable"])
def test_temporary_items_expire(template: Template, table: str) -> None:
    ttl = template["Resources"][table]["Properties"]["TimeToLiveSpecification"]
    assert ttl == {"AttributeName": "expiresAt", "Enabled": True}


def test_who_reads_which_stream(stack: Template) -> None:
    consumers = {(name(c["FunctionName"]), name(c["EventSourceArn"])) for c in stream_consumers(stack)}
    assert consumers == CONSUMERS


def test_stream_consumers_bisect_and_retry_until_records_are_too_old_and_then_report_them(stack: Template) -> None:
    for consumer in stream_consumers(stack):
        assert name(consumer["DestinationConfig"]["OnFailure"]["Destination"]) == "StreamFailureQueue"
        assert consumer["BisectBatchOnFunctionError"] is True
        assert consumer["MaximumRetryAttempts"] == -1  # a service that is away for a while must not cost an event
        assert 0 < consumer["MaximumRecordAgeInSeconds"] < DAY  # what a stream keeps
        assert consumer["StartingPosition"] == "TRIM_HORIZON"


# --- Alarms and outputs


def test_alarms_watch_what_exists(template: Template) -> None:
    watched = {
        (alarm["Namespace"], alarm["MetricName"], alarm["Dimensions"][0]["Name"], name(alarm["Dimensions"][0]["Value"]))
        for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()
    }
    visible = ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName")
    assert watched == {
        (*visible, "DeadLetterQueue.QueueName"),
        (*visible, "StreamFailureQueue.QueueName"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", "OrdersQueue.QueueName"),
        ("AWS/Lambda", "IteratorAge", "FunctionName", "WriteHistory"),
    }


def test_outputs_name_what_operators_need(template: Template) -> None:
    tables = [f"{table}Name" for table in of_type(template, "AWS::DynamoDB::Table")]
    queues = [f"{queue}Url" for queue in of_type(template, "AWS::SQS::Queue")]
    names = [f"{function}FunctionName" for function in functions(template)]
    identity = ["AuthMode", "TokenIssuer", "BrowserClientId", "MachineClientId", "UserPoolId"]
    assert set(template["Outputs"]) == {"ApiUrl", "WebSocketUrl", *identity, *tables, *queues, *names}
    assert all(output["Description"] for output in template["Outputs"].values())
