"""Settings: documented, bounded, and the same in the template as in the functions' settings types."""

from __future__ import annotations

from dataclasses import Field, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.sam_template import Template, functions, parsed, references
from tests.support.functions import load

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
    "AuthMode": "cognito",
    "PageUrl": "",
    "SignInDomainPrefix": "",
    "TokenIssuer": "",
    "TokenAudience": "",
    "BrowserClientId": "",
    "SignInOrigins": "",
    "VpcSubnetIds": "",
    "VpcSecurityGroupIds": "",
    "Architecture": "arm64",
}
FUNCTIONS = [function for function in functions(parsed()) if function != "AssignScopes"]
"""All but the one that has no settings."""
BY_MODE = {"TOKEN_ISSUER", "TOKEN_AUDIENCE", "BROWSER_CLIENT_ID", "SIGN_IN_ORIGINS"}
"""Where Cognito is used, these are what it makes, and else the parameters of these names (see `test_identity`)."""
READ_BY_POWERTOOLS = {"POWERTOOLS_LOG_LEVEL", "POWERTOOLS_SERVICE_NAME"}
A_LITTLE = Decimal("0.0001")


def environment(template: Template, function: str) -> dict[str, Any]:
    """Return the environment variables of a function, with those that all functions get."""
    shared: dict[str, Any] = template["Globals"]["Function"]["Environment"]["Variables"]
    own: dict[str, Any] = functions(template)[function]["Environment"]["Variables"]
    return shared | own


def settings(template: Template, function: str) -> dict[str, Field[Any]]:
    """Return the fields of a function's settings type, by variable."""
    app = load(Path(functions(template)[function]["CodeUri"]).name)
    return {setting.name.upper(): setting for setting in fields(app.deployed.kind)}


def parameter_of(variable: str) -> str:
    """Return the parameter that a variable is named after, as in ``MARKET_SEED`` for ``MarketSeed``."""
    return variable.removeprefix("POWERTOOLS_").title().replace("_", "")


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


def test_a_variable_carries_the_parameter_it_is_named_after(template: Template) -> None:
    for function in FUNCTIONS:
        for variable, value in environment(template, function).items():
            if (parameter := parameter_of(variable)) in template["Parameters"] and variable not in BY_MODE:
                assert value == {"Ref": parameter}, variable


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_gets_what_it_reads(template: Template, function: str) -> None:
    assert settings(template, function).keys() - environment(template, function).keys() == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_reads_what_it_gets(template: Template, function: str) -> None:
    read = settings(template, function).keys() | READ_BY_POWERTOOLS
    assert environment(template, function).keys() - read == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_parameter_allows_what_the_code_allows(template: Template, function: str) -> None:
    for variable, setting in settings(template, function).items():
        if "bounds" in setting.metadata:
            parameter = template["Parameters"][parameter_of(variable)]
            assert (parameter["MinValue"], parameter["MaxValue"]) == setting.metadata["bounds"], variable


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_code_refuses_what_a_parameter_does_not_allow(template: Template, function: str) -> None:
    for variable, setting in settings(template, function).items():
        if (parameter := template["Parameters"].get(parameter_of(variable), {})).get("Type") == "Number":
            least, most, parse = parameter["MinValue"], parameter["MaxValue"], setting.metadata["parse"]
            assert [float(parse(str(value))) for value in (least, most)] == [least, most], variable
            for value in (Decimal(str(least)) - A_LITTLE, Decimal(str(most)) + A_LITTLE):
                with pytest.raises(ValueError, match="must be"):
                    parse(str(value))
