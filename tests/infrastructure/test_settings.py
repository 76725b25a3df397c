"""Settings: documented, bounded, handed to the functions that read them, and read by the functions that get them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from environment_reads import bounds_in_code, read_by
from sam_template import ROOT, Template, functions, parsed, references

DEFAULTS = {
    "Stage": "dev",
    "LogLevel": "INFO",
    "LogRetentionDays": 30,
    "DefaultSlippage": 0.01,
    "MaxRetryAttempts": 3,
    "RetryBaseDelaySeconds": 1,
    "ProcessorBatchSize": 10,
    "ProcessorMaxConcurrency": 10,
    "MarketSeed": "1",
    "QuoteLatencyMs": 200,
    "ExecutionLatencyMs": 2000,
    "QuoteFailureRate": 0.02,
    "SimulationFailureRate": 0.02,
    "ExecutionFailureRate": 0.02,
    "MaxOrdersPerMinute": 600,
    "GatewayRateLimit": 200,
    "GatewayBurstLimit": 400,
    "CorsAllowOrigin": "*",
    "AlarmTopicArn": "",
    "VpcSubnetIds": "",
    "VpcSecurityGroupIds": "",
    "Architecture": "arm64",
}
FUNCTIONS = list(functions(parsed()))
# Promised by the template; the code that reads them is still to come, and then they go from here.
NOT_READ_YET = {
    "OrdersApi": {"COUNTERS_TABLE", "DEAD_LETTER_QUEUE_URL", "MAX_ORDERS_PER_MINUTE"},
    "ReadHistory": {"DATABASE_SECRET_ARN"},
    "StreamGateway": {"COUNTERS_TABLE", "MAX_ORDERS_PER_MINUTE"},
}
READ_BY_POWERTOOLS = {"POWERTOOLS_LOG_LEVEL", "POWERTOOLS_SERVICE_NAME"}


def environment(template: Template, function: str) -> dict[str, Any]:
    """Return the environment variables of a function, with those that all get."""
    everybody: dict[str, Any] = template["Globals"]["Function"]["Environment"]["Variables"]
    own: dict[str, Any] = functions(template)[function]["Environment"]["Variables"]
    return everybody | own


def folder(template: Template, function: str) -> Path:
    """Return the folder with a function's code."""
    return ROOT / str(functions(template)[function]["CodeUri"])


def test_defaults_are_the_documented_ones(template: Template) -> None:
    defaults = {key: value["Default"] for key, value in template["Parameters"].items() if "Default" in value}
    assert defaults == DEFAULTS


def test_only_the_database_must_be_named(template: Template) -> None:
    assert template["Parameters"].keys() - DEFAULTS.keys() == {"DatabaseSecretArn"}


def test_every_parameter_says_what_it_is_and_what_it_may_be(template: Template) -> None:
    constraints = {"AllowedValues", "AllowedPattern", "MinValue"}
    for parameter, definition in template["Parameters"].items():
        assert definition["Description"].endswith((".", "}.")), parameter
        assert constraints & definition.keys() or definition["Type"] == "CommaDelimitedList", parameter


def test_every_parameter_is_used_and_shown_in_a_group(template: Template) -> None:
    parts = [template[part] for part in ("Conditions", "Globals", "Resources", "Outputs")]
    assert set(template["Parameters"]) <= set(references(parts))
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    shown = [parameter for group in groups for parameter in group["Parameters"]]
    assert sorted(shown) == sorted(template["Parameters"])


def test_a_variable_is_named_like_the_parameter_it_carries(template: Template) -> None:
    for function in functions(template):
        for variable, value in environment(template, function).items():
            if (parameter := value.get("Ref") if isinstance(value, dict) else None) in DEFAULTS:
                snake = re.sub(r"(?<!^)(?=[A-Z])", "_", parameter).upper()
                assert variable in {snake, f"POWERTOOLS_{snake}"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_gets_what_it_reads(template: Template, function: str) -> None:
    assert read_by(folder(template, function)) <= environment(template, function).keys()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_reads_what_it_gets(template: Template, function: str) -> None:
    unread = environment(template, function).keys() - read_by(folder(template, function)) - READ_BY_POWERTOOLS
    assert unread == NOT_READ_YET.get(function, set())


def test_parameters_allow_what_the_code_allows(template: Template) -> None:
    for variable, bounds in bounds_in_code().items():
        parameter = template["Parameters"][variable.title().replace("_", "")]
        assert (parameter["MinValue"], parameter["MaxValue"]) == bounds, variable
