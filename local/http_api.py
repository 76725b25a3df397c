"""Turns the OpenAPI body of an HTTP API into routes and integrations, as the emulator does not import bodies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

Resources = dict[str, dict[str, Any]]
_AUTHORIZER = "x-amazon-apigateway-authorizer"
_INTEGRATION = "x-amazon-apigateway-integration"
_ANY_METHOD = "x-amazon-apigateway-any-method"
_NO_AUTHORIZER = "NONE"


def expand_body(api_id: str, properties: dict[str, Any]) -> Resources:
    """Remove the body from the properties of an HTTP API, and return the resources that API Gateway would import."""
    body = properties.pop("Body")
    properties.pop("FailOnWarnings", None)  # about the import of the body
    properties |= {"Name": api_id, "ProtocolType": "HTTP"}
    if cors := body.get("x-amazon-apigateway-cors"):
        properties["CorsConfiguration"] = cors  # camelCase in the body and in the emulator
    resources: Resources = {}
    schemes = body.get("components", {}).get("securitySchemes", {})
    for name, scheme in schemes.items():
        resources[_logical_id(api_id, "Authorizer", name)] = _authorizer(api_id, name, scheme[_AUTHORIZER])
    for path, method, operation in _operations_with_integration(body["paths"]):
        key = "$default" if operation.get("isDefaultRoute") else f"{method} {path}"
        integration_id = _logical_id(api_id, "Integration", key)
        resources[integration_id] = _integration(api_id, operation[_INTEGRATION])
        resources[_logical_id(api_id, "Route", key)] = {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": api_id},
                "RouteKey": key,
                "Target": {"Fn::Join": ["/", ["integrations", {"Ref": integration_id}]]},
                **_authorization(api_id, operation, schemes),
            },
        }
    return resources


def _operations_with_integration(
    paths: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in paths.items():
        for method, operation in methods.items():
            if isinstance(operation, Mapping) and _INTEGRATION in operation:
                yield path, "ANY" if method == _ANY_METHOD else method.upper(), operation


def _integration(api_id: str, integration: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Type": "AWS::ApiGatewayV2::Integration",
        "Properties": {
            "ApiId": {"Ref": api_id},
            "IntegrationType": integration["type"].upper(),
            "IntegrationUri": integration["uri"],
            "PayloadFormatVersion": integration["payloadFormatVersion"],
        },
    }


def _authorizer(api_id: str, name: str, authorizer: Mapping[str, Any]) -> dict[str, Any]:
    source = authorizer["identitySource"]
    properties = {
        "ApiId": {"Ref": api_id},
        "Name": name,
        "AuthorizerType": authorizer["type"].upper(),
        "IdentitySource": source.split(",") if isinstance(source, str) else source,
    }
    copied = (
        "authorizerUri",
        "authorizerPayloadFormatVersion",
        "enableSimpleResponses",
        "authorizerResultTtlInSeconds",
    )
    properties |= {_pascal(key): authorizer[key] for key in copied if key in authorizer}
    if jwt := authorizer.get("jwtConfiguration"):
        properties["JwtConfiguration"] = {_pascal(key): value for key, value in jwt.items()}
    return {"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": properties}


def _authorization(api_id: str, operation: Mapping[str, Any], schemes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the authorization properties of a route, by its first authorizer; without one the route is open."""
    for name, scopes in (entry for security in operation.get("security", []) for entry in security.items()):
        if name == _NO_AUTHORIZER:
            continue
        is_jwt = schemes[name][_AUTHORIZER]["type"] == "jwt"
        authorization: dict[str, Any] = {
            "AuthorizationType": "JWT" if is_jwt else "CUSTOM",
            "AuthorizerId": {"Ref": _logical_id(api_id, "Authorizer", name)},
        }
        return authorization | ({"AuthorizationScopes": scopes} if scopes else {})
    return {}


def _logical_id(api_id: str, kind: str, key: str) -> str:
    return f"{api_id}{kind}{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def _pascal(name: str) -> str:
    return name[0].upper() + name[1:]
