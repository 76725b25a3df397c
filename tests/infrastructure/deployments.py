"""What a deployment with certain parameters consists of: the template with its conditions decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.infrastructure.sam_template import Template

MODES = ("cognito", "jwt", "none")
ISSUER = {"TokenIssuer": "https://issuer.example", "TokenAudience": "orders,desk"}
_NOTHING = {"Ref": "AWS::NoValue"}


def deployed(template: Template, **parameters: str) -> Template:
    """Return a template as CloudFormation deploys it with these parameters: without what has no part in it."""
    values = parameter_values(template, **parameters)
    conditions = {name: decide(template, condition, values) for name, condition in template["Conditions"].items()}
    kept: Template = _decided(template, conditions)
    for section in ("Resources", "Outputs"):
        parts = template[section].items()
        kept[section] = {
            name: kept[section][name] for name, part in parts if conditions.get(part.get("Condition"), True)
        }
    return kept


def parameter_values(template: Template, **parameters: str) -> dict[str, str]:
    """Return the values of all parameters, by default their defaults."""
    defaults = {name: str(parameter.get("Default", "")) for name, parameter in template["Parameters"].items()}
    return defaults | parameters


def decide(template: Template, condition: Any, values: Mapping[str, str]) -> bool:
    """Return whether a condition holds for these values of the parameters."""

    def holds(inner: Any) -> bool:
        return decide(template, inner, values)

    match condition:
        case {"Condition": str(name)}:
            return holds(template["Conditions"][name])
        case {"Fn::Not": [inner]}:
            return not holds(inner)
        case {"Fn::And": [*all_of]}:
            return all(map(holds, all_of))
        case {"Fn::Or": [*any_of]}:
            return any(map(holds, any_of))
        case {"Fn::Equals": [left, right]}:
            return _text(left, values) == _text(right, values)
        case _:
            raise ValueError(f"{condition!r} is no condition")


def _text(part: Any, values: Mapping[str, str]) -> str:
    match part:
        case str():
            return part
        case {"Ref": str(name)}:
            return values[name]
        case {"Fn::Join": ["", inner]}:
            return _text(inner, values)
        case _:
            raise ValueError(f"no text for {part!r}")


def _decided(part: Any, conditions: Mapping[str, bool]) -> Any:
    """Return a part with one branch for each If, and without what is nothing then."""
    match part:
        case {"Fn::If": [condition, yes, no]}:
            return _decided(yes if conditions[condition] else no, conditions)
        case dict():
            decided = {name: _decided(value, conditions) for name, value in part.items()}
            return {name: value for name, value in decided.items() if value != _NOTHING}
        case list():
            return [value for item in part if (value := _decided(item, conditions)) != _NOTHING]
        case _:
            return part
