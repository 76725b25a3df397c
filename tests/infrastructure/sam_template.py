"""Reads the template, as written and as SAM expands it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from samtranslator.translator.transform import transform  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
SECRET_ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:database-AbCdEf"

Template = dict[str, Any]
Resource = dict[str, Any]


def parsed() -> Template:
    """Return the template as it is written."""
    template: Template = yaml_parse((ROOT / "template.yaml").read_text())
    return template


def expanded() -> Template:
    """Return the CloudFormation template that SAM makes of it, as if the code were in a bucket."""
    template = parsed()
    for resource in template["Resources"].values():
        for code in ("CodeUri", "ContentUri"):
            if code in resource["Properties"]:
                resource["Properties"][code] = "s3://bucket/key"
    values = {name: parameter.get("Default", SECRET_ARN) for name, parameter in template["Parameters"].items()}
    stack: Template = transform(template, values, SimpleNamespace(load=dict))
    return stack


def of_type(template: Template, kind: str) -> dict[str, Resource]:
    """Return the properties of the resources of a type, by logical id."""
    return {
        name: resource["Properties"] for name, resource in template["Resources"].items() if resource["Type"] == kind
    }


def functions(template: Template) -> dict[str, Resource]:
    """Return the functions' own properties, by logical id."""
    return of_type(template, "AWS::Serverless::Function")


def name(value: Any) -> str:
    """Return a short text for a reference: ``Orders`` for its Arn or Ref, ``Orders.StreamArn``, or what a Sub says."""
    match value:
        case str():
            return value
        case {"Ref": str(target)} | {"Fn::GetAtt": [str(target), "Arn"]}:
            return target
        case {"Fn::GetAtt": [str(target), str(attribute)]}:
            return f"{target}.{attribute}"
        case {"Fn::Sub": str(pattern)}:
            return re.sub(r"\$\{(\w+)(\.Arn)?\}", r"\1", pattern)
        case _:
            raise ValueError(f"no name for {value!r}")


def listed(value: Any) -> list[Any]:
    """Return a list, also of what is allowed to stand alone."""
    return value if isinstance(value, list) else [value]


def references(part: Any) -> Iterator[str]:
    """Yield every name that a part of a template refers to by Ref, GetAtt or Sub."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "Ref":
                yield value
            elif key == "Fn::GetAtt":
                yield value[0]
            elif key == "Fn::Sub" and isinstance(value, str):
                yield from re.findall(r"\$\{(\w+)[.}]", value)
            yield from references(value)
    elif isinstance(part, list):
        for item in part:
            yield from references(item)
