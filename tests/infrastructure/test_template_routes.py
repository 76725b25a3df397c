"""Who gets in where: every route with its function, its authorizer and its scopes, for every AuthMode."""

from __future__ import annotations

import re

import pytest

from order_engine.application.identity import ANY_SCOPE
from order_engine.contracts.routes import ROUTES
from tests.infrastructure.deployments import ISSUER, MODES, deployed
from tests.infrastructure.sam_template import Resource, Template, name, of_type

FROM_HISTORY = {"GET /api/orders", "GET /api/orders/{orderId}/history"}
SCOPES = {f"{method} {path}": scopes or () for path, methods in ROUTES.items() for method, scopes in methods.items()}
SCOPES |= {"OPTIONS /{proxy+}": (), "$default": ANY_SCOPE}
AUTHENTICATES = [mode for mode in MODES if mode != "none"]


def routes(stack: Template, api: str) -> dict[str, Resource]:
    """Return the routes of an API by their keys."""
    found = of_type(stack, "AWS::ApiGatewayV2::Route").values()
    return {route["RouteKey"]: route for route in found if name(route["ApiId"]) == api}


def function_of(stack: Template, route: Resource) -> str:
    """Return the function that answers a route."""
    integration = of_type(stack, "AWS::ApiGatewayV2::Integration")[name(route["Target"]).removeprefix("integrations/")]
    assert (integration["ApiId"], integration["IntegrationType"]) == (route["ApiId"], "AWS_PROXY")
    (function,) = re.findall(r"functions/(\w+)/invocations", name(integration["IntegrationUri"]))
    return str(function)


def test_every_route_has_its_function(stack: Template) -> None:
    functions = {key: function_of(stack, route) for key, route in routes(stack, "HttpApi").items()}
    assert functions == {key: "ReadHistory" if key in FROM_HISTORY else "OrdersApi" for key in SCOPES}


@pytest.mark.parametrize("mode", AUTHENTICATES)
def test_every_route_asks_for_its_scopes_but_those_that_are_open(stack: Template, mode: str) -> None:
    asked = {
        key: (route["AuthorizationType"], route.get("AuthorizerId"), route.get("AuthorizationScopes"))
        for key, route in routes(deployed(stack, AuthMode=mode), "HttpApi").items()
    }
    assert asked == {
        key: ("JWT", {"Ref": "HttpAuthorizer"}, list(scopes)) if scopes else ("NONE", None, None)
        for key, scopes in SCOPES.items()
    }


@pytest.mark.parametrize("mode", AUTHENTICATES)
def test_what_is_open_shows_nobodys_data(stack: Template, mode: str) -> None:
    open_routes = {
        key
        for key, route in routes(deployed(stack, AuthMode=mode), "HttpApi").items()
        if route["AuthorizationType"] == "NONE"
    }
    assert open_routes == {"GET /", "GET /assets/{file}", "GET /health", "OPTIONS /{proxy+}"}


@pytest.mark.parametrize("mode", AUTHENTICATES)
def test_only_who_is_known_connects(stack: Template, mode: str) -> None:
    connect = routes(deployed(stack, AuthMode=mode), "WebSocketApi")["$connect"]
    assert (connect["AuthorizationType"], connect["AuthorizerId"]) == ("CUSTOM", {"Ref": "WebSocketAuthorizer"})
    authorizer = stack["Resources"]["WebSocketAuthorizer"]["Properties"]
    assert authorizer["AuthorizerType"] == "REQUEST"
    assert "functions/StreamAuthorizer/invocations" in name(authorizer["AuthorizerUri"])
    assert "IdentitySource" not in authorizer  # a request without it would be refused before the function is asked


def test_without_authentication_everything_is_open_and_nothing_of_it_is_deployed(stack: Template) -> None:
    open_stack = deployed(stack, AuthMode="none")
    for route in of_type(open_stack, "AWS::ApiGatewayV2::Route").values():
        assert route.get("AuthorizationType", "NONE") == "NONE"
        assert not {"AuthorizerId", "AuthorizationScopes"} & route.keys()
    kinds = {resource["Type"] for resource in open_stack["Resources"].values()}
    assert not {kind for kind in kinds if "Cognito" in kind or "Authorizer" in kind}
    assert not {"StreamAuthorizer", "AssignScopes"} & open_stack["Resources"].keys()


def test_tokens_are_those_of_the_issuer_for_this_api(stack: Template) -> None:
    expected = {
        "cognito": (
            {"Fn::Sub": "https://${UserPool.ProviderName}"},
            [{"Ref": "BrowserClient"}, {"Ref": "MachineClient"}],
        ),
        "jwt": ({"Ref": "TokenIssuer"}, {"Fn::Split": [",", {"Ref": "TokenAudience"}]}),
    }
    for mode, (issuer, audience) in expected.items():
        authorizer = deployed(stack, AuthMode=mode, **ISSUER)["Resources"]["HttpAuthorizer"]["Properties"]
        assert authorizer["AuthorizerType"] == "JWT"
        assert authorizer["IdentitySource"] == ["$request.header.Authorization"]  # never the query
        assert authorizer["JwtConfiguration"] == {"Issuer": issuer, "Audience": audience}


def test_websocket_routes(stack: Template) -> None:
    functions = {key: function_of(stack, route) for key, route in routes(stack, "WebSocketApi").items()}
    assert functions == dict.fromkeys(("$connect", "$disconnect", "$default"), "StreamGateway")


def test_only_these_apis_invoke_the_functions(stack: Template) -> None:
    allowed = {
        name(permission["FunctionName"]): name(permission["SourceArn"]).rpartition(":")[2]
        for permission in of_type(stack, "AWS::Lambda::Permission").values()
        if permission["Principal"] == "apigateway.amazonaws.com"
    }
    assert allowed == {
        "OrdersApi": "HttpApi/*/*",
        "ReadHistory": "HttpApi/*/GET/api/orders*",
        "StreamGateway": "WebSocketApi/Stage/*",
        "StreamAuthorizer": "WebSocketApi/authorizers/WebSocketAuthorizer",
    }


def test_both_apis_are_throttled_and_deployed_as_they_change(stack: Template) -> None:
    limits = {"ThrottlingRateLimit": {"Ref": "GatewayRateLimit"}, "ThrottlingBurstLimit": {"Ref": "GatewayBurstLimit"}}
    stages = {name(stage["ApiId"]): stage for stage in of_type(stack, "AWS::ApiGatewayV2::Stage").values()}
    assert {api: stage["StageName"] for api, stage in stages.items()} == {
        "HttpApi": "$default",
        "WebSocketApi": {"Ref": "Stage"},
    }
    assert all(stage["DefaultRouteSettings"] == limits and stage["AutoDeploy"] for stage in stages.values())


def test_access_logs_have_no_path_query_or_header_in_them(stack: Template) -> None:
    formats = [
        stage["AccessLogSettings"]["Format"]
        for stage in of_type(stack, "AWS::ApiGatewayV2::Stage").values()
        if "AccessLogSettings" in stage
    ]
    assert [set(re.findall(r"\$context\.([\w.]+)", text)) for text in formats] == [
        {
            "requestId",
            "requestTime",
            "identity.sourceIp",
            "routeKey",
            "status",
            "responseLength",
            "responseLatency",
            "integrationErrorMessage",
        }
    ]


def test_only_the_named_origin_may_call_from_a_browser(template: Template) -> None:
    cors = template["Resources"]["HttpApi"]["Properties"]["CorsConfiguration"]
    assert cors["AllowOrigins"] == [{"Ref": "CorsAllowOrigin"}]
    assert cors["AllowMethods"] == ["GET", "POST", "DELETE", "OPTIONS"]
    assert "authorization" in cors["AllowHeaders"]
    assert "www-authenticate" in cors["ExposeHeaders"]
    assert "AllowCredentials" not in cors
