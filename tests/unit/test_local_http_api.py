"""The local cloud makes of an HTTP API's body what API Gateway makes of it."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]

from local.http_api import expand_body

AUTH = {
    "DefaultAuthorizer": "Own",
    "Authorizers": {
        "Own": {
            "FunctionArn": {"Fn::GetAtt": ["Function", "Arn"]},
            "AuthorizerPayloadFormatVersion": "2.0",
            "EnableSimpleResponses": True,
            "Identity": {"Headers": ["Authorization"], "ReauthorizeEvery": 60},
        },
        "Jwt": {
            "IdentitySource": "$request.header.Authorization",
            "JwtConfiguration": {"issuer": "https://issuer.example", "audience": ["orders"]},
            "AuthorizationScopes": ["trade"],
        },
    },
}
CORS = {"AllowOrigins": ["https://a.example"], "MaxAge": 60}
EVENTS: dict[str, dict[str, Any]] = {
    "Owned": {"Path": "/owned", "Method": "GET"},
    "Open": {"Path": "/open", "Method": "ANY", "Auth": {"Authorizer": "NONE"}},
    "Scoped": {"Path": "/scoped", "Method": "POST", "Auth": {"Authorizer": "Jwt"}},
    "Rest": {},
}


@pytest.fixture(scope="module")
def api() -> dict[str, Any]:
    """The properties of an HTTP API with authorizers, as SAM expands it."""
    events = {
        name: {"Type": "HttpApi", "Properties": {"ApiId": {"Ref": "Api"}} | event} for name, event in EVENTS.items()
    }
    function = {"Runtime": "python3.13", "Handler": "app.handler", "CodeUri": {"Bucket": "b", "Key": "k"}}
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            "Api": {
                "Type": "AWS::Serverless::HttpApi",
                "Properties": {
                    "Auth": AUTH,
                    "CorsConfiguration": {"AllowOrigins": ["https://a.example"], "MaxAge": 60},
                },
            },
            "Function": {"Type": "AWS::Serverless::Function", "Properties": function | {"Events": events}},
        },
    }
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="us-east-1"))
    properties: dict[str, Any] = translator.translate(template, {})["Resources"]["Api"]["Properties"]
    return properties


@pytest.fixture(scope="module")
def resources(api: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What it becomes."""
    return expand_body("Api", api)


def test_the_api_itself_keeps_its_cors_settings(api: dict[str, Any], resources: dict[str, Any]) -> None:
    assert "Body" not in api
    assert api["ProtocolType"] == "HTTP"
    assert api["CorsConfiguration"] == {"allowOrigins": ["https://a.example"], "maxAge": 60}


def test_every_event_is_a_route_to_its_function(resources: dict[str, dict[str, Any]]) -> None:
    routes = _by(resources, "Route", "RouteKey")
    assert set(routes) == {"GET /owned", "ANY /open", "POST /scoped", "$default"}
    for route in routes.values():
        integration = resources[route["Target"]["Fn::Join"][1][1]["Ref"]]["Properties"]
        assert "${Function.Arn}" in integration["IntegrationUri"]["Fn::Sub"]
        assert (integration["IntegrationType"], integration["PayloadFormatVersion"]) == ("AWS_PROXY", "2.0")


def test_routes_ask_their_authorizer(resources: dict[str, dict[str, Any]]) -> None:
    routes = _by(resources, "Route", "RouteKey")
    own, jwt = (
        {"Ref": next(key for key, value in resources.items() if value["Properties"].get("Name") == name)}
        for name in ("Own", "Jwt")
    )
    asked = {
        key: (route.get("AuthorizationType"), route.get("AuthorizerId"), route.get("AuthorizationScopes"))
        for key, route in routes.items()
    }
    assert asked == {
        "GET /owned": ("CUSTOM", own, None),
        "$default": ("CUSTOM", own, None),
        "POST /scoped": ("JWT", jwt, ["trade"]),
        "ANY /open": (None, None, None),
    }


def test_authorizers_keep_their_settings(resources: dict[str, dict[str, Any]]) -> None:
    authorizers = _by(resources, "Authorizer", "Name")
    own, jwt = authorizers["Own"], authorizers["Jwt"]
    assert (own["AuthorizerType"], own["IdentitySource"]) == ("REQUEST", ["$request.header.Authorization"])
    assert (own["AuthorizerPayloadFormatVersion"], own["EnableSimpleResponses"]) == ("2.0", True)
    assert own["AuthorizerResultTtlInSeconds"] == 60
    assert (jwt["AuthorizerType"], jwt["IdentitySource"]) == ("JWT", ["$request.header.Authorization"])
    assert jwt["JwtConfiguration"] == {"Issuer": "https://issuer.example", "Audience": ["orders"]}


def _by(resources: dict[str, dict[str, Any]], kind: str, name: str) -> dict[str, dict[str, Any]]:
    properties = [r["Properties"] for r in resources.values() if r["Type"] == f"AWS::ApiGatewayV2::{kind}"]
    return {entry[name]: entry for entry in properties}
