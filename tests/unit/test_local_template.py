"""What the local cloud makes of the template: addresses of the proxy, and what the emulator needs otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local import template
from local.settings import ROOT, Settings
from tests.infrastructure.deployments import deployed

SETTINGS = Settings(port=3210, aws_port=4321)
PROXY = "http://localhost:3210"
Stack = dict[str, Any]


@pytest.fixture(scope="module")
def local() -> Stack:
    """The template as the emulator gets it."""
    source = template.load_template(ROOT / "template.yaml")
    code = dict.fromkeys(template.code_folders(source), "key")
    values = template.default_parameters(source) | {"DatabaseSecretArn": "arn"}
    return template.expand_template(source, code, values, SETTINGS)


def properties(stack: Stack, logical_id: str) -> Any:
    return stack["Resources"][logical_id]["Properties"]


def variables(stack: Stack, function: str) -> Any:
    return properties(stack, function)["Environment"]["Variables"]


def test_only_functions_with_layers_depend_on_them() -> None:
    folders = template.code_folders(template.load_template(ROOT / "template.yaml"))
    common = ["layers/dependencies", "layers/order_engine"]
    assert folders["functions/sweep_orders"] == common
    assert folders["functions/stream_authorizer"] == [*common, "layers/token_verification"]
    assert folders["functions/assign_scopes"] == []


def test_people_sign_in_at_the_proxy_but_tokens_have_the_issuer_of_aws(local: Stack) -> None:
    stack = deployed(local, AuthMode="cognito")
    for function in ("OrdersApi", "StreamAuthorizer"):
        told = variables(stack, function)
        assert told["SIGN_IN_AUTHORITY"] == {"Fn::Sub": f"{PROXY}/_cognito/${{UserPool}}"}
        assert told["TOKEN_ISSUER"] == {"Fn::Sub": "https://${UserPool.ProviderName}"}
    assert properties(stack, "HttpAuthorizer")["JwtConfiguration"]["Issuer"] == {
        "Fn::Sub": "https://${UserPool.ProviderName}"
    }


def test_another_issuer_is_where_it_is(local: Stack) -> None:
    told = variables(deployed(local, AuthMode="jwt"), "OrdersApi")
    assert told["SIGN_IN_AUTHORITY"] == told["TOKEN_ISSUER"] == {"Ref": "TokenIssuer"}


def test_the_page_is_at_the_proxy_and_frames_go_to_the_emulator(local: Stack) -> None:
    assert local["Outputs"]["ApiUrl"]["Value"] == {"Fn::Sub": PROXY}
    assert {"Fn::Sub": f"{PROXY}/"} in properties(local, "BrowserClient")["CallbackURLs"]
    assert variables(local, "OrdersApi")["WEBSOCKET_URL"] == {"Fn::Sub": "ws://localhost:3210/ws"}
    endpoint = {"Fn::Sub": "http://127.0.0.1:4321/_aws/execute-api/${WebSocketApi}/${Stage}"}
    assert variables(local, "PushUpdates")["WEBSOCKET_API_ENDPOINT"] == endpoint


@pytest.mark.parametrize(("mode", "has_trigger"), [("cognito", True), ("none", False)])
def test_users_stay_when_authentication_is_off(local: Stack, mode: str, has_trigger: bool) -> None:
    pool = properties(deployed(local, AuthMode=mode), "UserPool")
    assert ("LambdaConfig" in pool) is has_trigger


def test_what_the_emulator_lacks_is_left_out(local: Stack) -> None:
    kinds = {resource["Type"] for resource in local["Resources"].values()}
    assert not {"AWS::Lambda::LayerVersion", "AWS::Cognito::ManagedLoginBranding"} & kinds
    assert "AccessLogSettings" not in properties(local, "HttpStage")


def test_the_emulator_reads_cors_in_camel_case_and_identity_sources_where_there_are_none(local: Stack) -> None:
    assert properties(local, "HttpApi")["CorsConfiguration"]["allowOrigins"] == [{"Ref": "CorsAllowOrigin"}]
    assert properties(local, "WebSocketAuthorizer")["IdentitySource"] == []
    assert properties(local, "HttpAuthorizer")["IdentitySource"] == ["$request.header.Authorization"]


@pytest.mark.parametrize("api", ["HttpApi", "WebSocketApi"])
def test_apis_have_ids_that_the_proxy_knows(local: Stack, api: str) -> None:
    assert properties(local, api)["Tags"]["ms-custom-id"] == api


def test_the_function_that_serves_the_dashboard_finds_it_in_the_working_tree(local: Stack) -> None:
    assert Path(variables(local, "OrdersApi")["DASHBOARD_FOLDER"]) == ROOT / "dashboard"
    assert (ROOT / "dashboard" / "index.html").is_file()
