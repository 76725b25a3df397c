"""Adapts the project's SAM template for the emulator.

The differences from what is deployed on AWS:
- function code comes from a bucket, one archive per function folder, and layers are left out: workers find the
  package and third-party code on their path (see `emulator`), and the dashboard where it lies;
- handlers are wrapped, so that their output goes to one log file (see `runtime/local_handler.py`);
- API ids are pinned to the logical ids, and addresses point to the emulator and to the proxy; so does the authority for
  signing in, since the proxy stands for the user pool's domain (see `sign_in`), while the issuer remains that of AWS;
- the user pool stays when authentication is off, so that users find their orders when it is on again;
- CORS settings are in camel case, and authorizers without identity source say so, as the emulator needs it;
- access logs and VPC settings are left out, as the emulator ignores them, and so is the look of the sign-in pages;
- permission for an SQS action includes its batch form, which is an action of its own only in the emulator;
- references to numeric parameters in event source mappings are resolved: the emulator would pass them as strings.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from samtranslator.model.exceptions import InvalidDocumentException  # type: ignore[import-untyped]
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]
from yaml import YAMLError

from local.settings import REGION, ROOT, LocalCloudError, Settings

CODE_BUCKET = "order-engine-code"
WRAPPER_HANDLER = "local_handler.handler"
_HTTP_API_URL = "https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}"
_MANAGEMENT_URL = re.compile(r"https://\$\{(\w+)\}\.execute-api\.\$\{AWS::Region\}\.\$\{AWS::URLSuffix\}")
_WEBSOCKET_URL = re.compile(r"wss://\$\{\w+\}\.execute-api\.\$\{AWS::Region\}\.\$\{AWS::URLSuffix\}/\$\{\w+\}")
_ISSUER = "https://${UserPool.ProviderName}"
_LEFT_OUT = {"AWS::Lambda::LayerVersion", "AWS::Cognito::ManagedLoginBranding"}
_ACTIONS_WITH_BATCH_FORM = {"sqs:SendMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"}

logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it logs warnings about its own telemetry

Template = dict[str, Any]


def load_template(path: Path) -> Template:
    """Parse a SAM template. Raises `LocalCloudError` if it is not valid YAML."""
    try:
        template: Template = yaml_parse(path.read_text())
    except YAMLError as error:
        raise LocalCloudError(f"{path.name} cannot be read: {error}") from error
    return template


def code_folders(template: Template) -> dict[str, list[str]]:
    """Return each folder with a function's code, and the folders of its layers; all are relative to the template."""
    resources = template["Resources"]
    return {
        function["Properties"]["CodeUri"]: [
            resources[layer["Ref"]]["Properties"]["ContentUri"] for layer in _layers(template, function)
        ]
        for function in resources.values()
        if function["Type"] == "AWS::Serverless::Function"
    }


def _layers(template: Template, function: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return references to the layers of a function: those of all functions, unless it does without, and its own."""
    shared = [] if "Layers" in function.get("IgnoreGlobals", []) else template["Globals"]["Function"]["Layers"]
    return [*shared, *function["Properties"].get("Layers", [])]


def default_parameters(template: Template) -> dict[str, str]:
    """Return the parameters of a template with their defaults; an empty string where there is none."""
    return {name: str(parameter.get("Default", "")) for name, parameter in template["Parameters"].items()}


def expand_template(
    template: Template, code: Mapping[str, str], parameters: Mapping[str, str], settings: Settings
) -> Template:
    """Return the CloudFormation template for the emulator.

    Args:
        template: the SAM template; it is modified, so don't use it again.
        code: the key in `CODE_BUCKET` by code folder.
        parameters: the parameters of the deployment.
        settings: the ports of the emulator and the proxy.

    Raises:
        LocalCloudError: the template is not valid SAM.
    """
    for function in _of_type(template, "AWS::Serverless::Function"):
        function["CodeUri"] = {"Bucket": CODE_BUCKET, "Key": code[function["CodeUri"]]}
    for layer in _of_type(template, "AWS::Serverless::LayerVersion"):
        layer["ContentUri"] = {"Bucket": CODE_BUCKET, "Key": "none"}  # left out below
    # The empty mapping is that of managed policies by short name: the template spells them out.
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    try:
        expanded: Template = translator.translate(template, dict(parameters))
    except InvalidDocumentException as error:
        causes = "\n".join(f"  {cause.message}" for cause in error.causes)
        raise LocalCloudError(f"SAM does not accept the template:\n{causes}") from error
    _adapt(expanded["Resources"], settings)
    for mapping in _of_type(expanded, "AWS::Lambda::EventSourceMapping"):
        mapping.update(_transform(mapping, partial(_resolve_number, parameters)))
    local: Template = _transform(_transform(expanded, _with_batch_actions), partial(_local_address, settings))
    return local


def _adapt(resources: dict[str, Any], settings: Settings) -> None:
    for logical_id, resource in list(resources.items()):
        properties = resource["Properties"]
        match resource["Type"]:
            case kind if kind in _LEFT_OUT:
                del resources[logical_id]
            case "AWS::Lambda::Function":
                _adapt_function(properties, settings)
            case "AWS::Cognito::UserPool":
                trigger = properties.pop("LambdaConfig")
                properties["LambdaConfig"] = {"Fn::If": [resource.pop("Condition"), trigger, {"Ref": "AWS::NoValue"}]}
            case "AWS::ApiGatewayV2::Stage":
                properties.pop("AccessLogSettings", None)
            case "AWS::ApiGatewayV2::Authorizer":
                properties.setdefault("IdentitySource", [])
            case "AWS::ApiGatewayV2::Api":
                properties.setdefault("Tags", {})["ms-custom-id"] = logical_id
                if cors := properties.get("CorsConfiguration"):
                    properties["CorsConfiguration"] = {name[0].lower() + name[1:]: cors[name] for name in cors}


def _adapt_function(properties: dict[str, Any], settings: Settings) -> None:
    for name in ("Layers", "VpcConfig"):
        properties.pop(name, None)
    variables = properties["Environment"]["Variables"]
    variables["LOCAL_HANDLER"] = properties["Handler"]
    if "DASHBOARD_FOLDER" in variables:
        variables["DASHBOARD_FOLDER"] = str(ROOT / "dashboard")
    variables.pop("SIGN_IN_ORIGINS", None)  # the proxy is the pool's domain, and the page's own origin
    if "SIGN_IN_AUTHORITY" in variables:
        authority = settings.sign_in_authority("${UserPool}")
        variables["SIGN_IN_AUTHORITY"] = _transform(
            variables["SIGN_IN_AUTHORITY"], lambda part: authority if part == _ISSUER else part
        )
    properties["Handler"] = WRAPPER_HANDLER


def _of_type(template: Template, kind: str) -> list[dict[str, Any]]:
    return [resource["Properties"] for resource in template["Resources"].values() if resource["Type"] == kind]


def _transform(part: Any, replace: Callable[[Any], Any]) -> Any:
    """Return a part of a template with `replace` applied to it and, recursively, to all that it contains."""
    part = replace(part)
    if isinstance(part, dict):
        return {key: _transform(value, replace) for key, value in part.items()}
    if isinstance(part, list):
        return [_transform(value, replace) for value in part]
    return part


def _resolve_number(parameters: Mapping[str, str], part: Any) -> Any:
    """Resolve a reference to a numeric parameter: the emulator compares the value with numbers."""
    value = parameters.get(part["Ref"], "") if isinstance(part, dict) and set(part) == {"Ref"} else ""
    return int(value) if value.isdigit() else part


def _with_batch_actions(part: Any) -> Any:
    """Let a statement that allows sqs:SendMessage allow the emulator's sqs:SendMessageBatch too, as AWS does."""
    if not isinstance(part, dict) or "Action" not in part or "Effect" not in part:
        return part
    actions = [part["Action"]] if isinstance(part["Action"], str) else part["Action"]
    return part | {
        "Action": [*actions, *(f"{action}Batch" for action in actions if action in _ACTIONS_WITH_BATCH_FORM)]
    }


def _local_address(settings: Settings, part: Any) -> Any:
    if not isinstance(part, str):
        return part
    part = part.replace(_HTTP_API_URL, settings.url)
    part = _MANAGEMENT_URL.sub(rf"{settings.aws_url}/_aws/execute-api/${{\1}}", part)
    return _WEBSOCKET_URL.sub(settings.websocket_url, part)
