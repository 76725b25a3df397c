"""The project's own template as the emulator can take it.

What is changed on the way, and nothing else:
- function code comes from a bucket, one archive per function folder, and layers are left out: workers find the
  package and third-party code on their path (see `emulator`), and the dashboard where it lies;
- the handler is wrapped, so that what functions write can be read (see `runtime/local_handler.py`);
- the body of the HTTP API becomes the resources it stands for (see `http_api`);
- API ids are pinned to the logical ids, and addresses point to the emulator and to the proxy;
- access logs and VPC settings are left out: the emulator has no use for them;
- permission for an SQS action includes its batch form, which is an action of its own only in the emulator;
- numbers among the parameters are written into event source mappings, where the emulator takes texts for numbers.
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

from local.http_api import without_body
from local.settings import REGION, ROOT, LocalCloudError, Settings

BUCKET = "order-engine-code"
WRAPPER = "local_handler.handler"
_MANAGEMENT_URL = re.compile(r"https://\$\{(\w+)\}\.execute-api\.\$\{AWS::Region\}\.\$\{AWS::URLSuffix\}")
_WEBSOCKET_URL = re.compile(r"wss://\$\{\w+\}\.execute-api\.\$\{AWS::Region\}\.\$\{AWS::URLSuffix\}/\$\{\w+\}")

_BATCHED = {"sqs:SendMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"}

logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns of its own metrics

Template = dict[str, Any]


def load(path: Path) -> Template:
    """Parse a SAM template. Raises `LocalCloudError` where that is impossible."""
    try:
        template: Template = yaml_parse(path.read_text())
    except YAMLError as error:
        raise LocalCloudError(f"{path.name} cannot be read: {error}") from error
    return template


def code_folders(template: Template) -> dict[str, list[str]]:
    """Return each folder with a function's code, and the folders of its layers; all are relative to the template."""
    shared = template["Globals"]["Function"]["Layers"]
    resources = template["Resources"]
    return {
        function["CodeUri"]: [
            resources[layer["Ref"]]["Properties"]["ContentUri"] for layer in [*shared, *function.get("Layers", [])]
        ]
        for function in _of_type(template, "AWS::Serverless::Function")
    }


def parameters(template: Template) -> dict[str, str]:
    """Return what the template can be told, with the values that hold if it is not."""
    return {name: str(parameter.get("Default", "")) for name, parameter in template["Parameters"].items()}


def expand(template: Template, code: Mapping[str, str], parameters: Mapping[str, str], settings: Settings) -> Template:
    """Return the CloudFormation template for the emulator.

    Args:
        template: the SAM template; it is not to be used again.
        code: the key in `BUCKET` of each of its code folders.
        parameters: the values that it will be deployed with.
        settings: where the emulator and the proxy listen.

    Raises:
        LocalCloudError: SAM does not accept the template.
    """
    for function in _of_type(template, "AWS::Serverless::Function"):
        function["CodeUri"] = {"Bucket": BUCKET, "Key": code[function["CodeUri"]]}
    for layer in _of_type(template, "AWS::Serverless::LayerVersion"):
        layer["ContentUri"] = {"Bucket": BUCKET, "Key": "none"}  # left out below
    # The empty mapping is that of managed policies by short name: the template spells them out.
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    try:
        expanded: Template = translator.translate(template, dict(parameters))
    except InvalidDocumentException as error:
        causes = "\n".join(f"  {cause.message}" for cause in error.causes)
        raise LocalCloudError(f"SAM does not accept the template:\n{causes}") from error
    _adapt(expanded["Resources"])
    for mapping in _of_type(expanded, "AWS::Lambda::EventSourceMapping"):
        mapping.update(_replaced(mapping, partial(_number, parameters)))
    local: Template = _replaced(_replaced(expanded, _with_batch_actions), partial(_local_address, settings))
    return local


def _adapt(resources: dict[str, Any]) -> None:
    for logical_id, resource in list(resources.items()):
        properties = resource["Properties"]
        match resource["Type"]:
            case "AWS::Lambda::LayerVersion":
                del resources[logical_id]
            case "AWS::Lambda::Function":
                for name in ("Layers", "VpcConfig"):
                    properties.pop(name, None)
                variables = properties["Environment"]["Variables"]
                variables["LOCAL_HANDLER"] = properties["Handler"]
                if "DASHBOARD_FOLDER" in variables:
                    variables["DASHBOARD_FOLDER"] = str(ROOT / "dashboard")
                properties["Handler"] = WRAPPER
            case "AWS::ApiGatewayV2::Stage":
                properties.pop("AccessLogSettings", None)
            case "AWS::ApiGatewayV2::Api":
                resources |= without_body(logical_id, properties) if "Body" in properties else {}
                properties.setdefault("Tags", {})["ms-custom-id"] = logical_id


def _of_type(template: Template, kind: str) -> list[dict[str, Any]]:
    return [resource["Properties"] for resource in template["Resources"].values() if resource["Type"] == kind]


def _replaced(part: Any, replace: Callable[[Any], Any]) -> Any:
    """Return a part of a template with `replace` done to all that it consists of."""
    part = replace(part)
    if isinstance(part, dict):
        return {key: _replaced(value, replace) for key, value in part.items()}
    if isinstance(part, list):
        return [_replaced(value, replace) for value in part]
    return part


def _number(parameters: Mapping[str, str], part: Any) -> Any:
    """Resolve a reference to a number, which would become a text: the emulator compares it with numbers."""
    value = parameters.get(part["Ref"], "") if isinstance(part, dict) and set(part) == {"Ref"} else ""
    return int(value) if value.isdigit() else part


def _with_batch_actions(part: Any) -> Any:
    """Let a statement that allows sqs:SendMessage allow the emulator's sqs:SendMessageBatch too, as AWS does."""
    if not isinstance(part, dict) or "Action" not in part or "Effect" not in part:
        return part
    actions = [part["Action"]] if isinstance(part["Action"], str) else part["Action"]
    return part | {"Action": [*actions, *(f"{action}Batch" for action in actions if action in _BATCHED)]}


def _local_address(settings: Settings, part: Any) -> Any:
    if not isinstance(part, str):
        return part
    part = _MANAGEMENT_URL.sub(rf"{settings.aws_url}/_aws/execute-api/${{\1}}", part)
    return _WEBSOCKET_URL.sub(settings.websocket_url, part)
