"""The people and their clients: who becomes a user, what a client may ask for, and what each AuthMode needs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infrastructure.deployments import ISSUER, MODES, decide, deployed, parameter_values
from tests.infrastructure.sam_template import Resource, Template, name, of_type, references

API = "https://HttpApi.execute-api.${AWS::Region}.${AWS::URLSuffix}/"
LOOPBACK = [f"http://localhost:{port}/callback" for port in (8976, 8977, 8978)]
ISSUER_OF_POOL = {"Fn::Sub": "https://${UserPool.ProviderName}"}


def properties(stack: Template, logical_id: str) -> Resource:
    found: Resource = deployed(stack, AuthMode="cognito")["Resources"][logical_id]["Properties"]
    return found


def variables(stack: Template, function: str) -> dict[str, Any]:
    found: dict[str, Any] = stack["Resources"][function]["Properties"]["Environment"]["Variables"]
    return found


# --- The user pool


def test_nobody_becomes_a_user_unasked(stack: Template) -> None:
    pool = properties(stack, "UserPool")
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("OPTIONAL", ["SOFTWARE_TOKEN_MFA"])
    assert "Schema" not in pool  # so that no attribute is required, an e-mail address neither


def test_users_outlive_the_stack_as_their_orders_do(stack: Template) -> None:
    pool = stack["Resources"]["UserPool"]
    assert (pool["DeletionPolicy"], pool["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert "DeletionProtection" not in pool["Properties"]  # with which a stack that fails could not be rolled back


def test_the_trigger_changes_access_tokens_and_only_the_pool_invokes_it(stack: Template) -> None:
    pool = properties(stack, "UserPool")
    trigger = pool["LambdaConfig"]["PreTokenGenerationConfig"]
    assert (name(trigger["LambdaArn"]), trigger["LambdaVersion"]) == ("AssignScopes", "V2_0")
    assert pool["UserPoolTier"] != "LITE"  # that changes ID tokens only
    (permission,) = (
        permission
        for permission in of_type(stack, "AWS::Lambda::Permission").values()
        if name(permission["FunctionName"]) == "AssignScopes"
    )
    assert (permission["Principal"], name(permission["SourceArn"])) == ("cognito-idp.amazonaws.com", "UserPool")


def test_there_are_three_scopes_and_a_group_of_administrators(stack: Template) -> None:
    server = properties(stack, "Scopes")
    assert [f"{server['Identifier']}/{scope['ScopeName']}" for scope in server["Scopes"]] == [
        "orders/read",
        "orders/write",
        "orders/admin",
    ]
    assert properties(stack, "Admins")["GroupName"] == "admins"


# --- Clients


def test_people_sign_in_with_a_code_and_no_secret(stack: Template) -> None:
    client = properties(stack, "BrowserClient")
    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]  # no client gets to see a password


def test_bots_have_a_secret_and_sign_nobody_in(stack: Template) -> None:
    client = properties(stack, "MachineClient")
    assert client["GenerateSecret"] is True
    assert client["AllowedOAuthFlows"] == ["client_credentials"]
    assert "CallbackURLs" not in client


def test_no_client_can_ask_for_the_scope_of_administrators(stack: Template) -> None:
    scopes = {
        name: set(client["AllowedOAuthScopes"])
        for name, client in of_type(stack, "AWS::Cognito::UserPoolClient").items()
    }
    trade = {"orders/read", "orders/write"}
    assert scopes == {"BrowserClient": {"openid", "profile", "email", *trade}, "MachineClient": trade}


@pytest.mark.parametrize("client", ["BrowserClient", "MachineClient"])
def test_tokens_are_short_lived_and_can_be_revoked(stack: Template, client: str) -> None:
    settings = properties(stack, client)
    assert (settings["AccessTokenValidity"], settings["TokenValidityUnits"]["AccessToken"]) == (60, "minutes")
    assert settings["EnableTokenRevocation"] is True
    assert settings["PreventUserExistenceErrors"] == "ENABLED"
    assert "Scopes" in stack["Resources"][client]["DependsOn"]  # which must be there before a client may name them


@pytest.mark.parametrize("page", ["", "https://orders.example/"])
def test_codes_are_sent_to_the_page_and_the_command_line_only(stack: Template, page: str) -> None:
    client = deployed(stack, AuthMode="cognito", PageUrl=page)["Resources"]["BrowserClient"]["Properties"]
    pages = [API, *(["PageUrl"] if page else [])]
    assert sorted(map(name, client["CallbackURLs"])) == sorted([*pages, *LOOPBACK])
    assert list(map(name, client["LogoutURLs"])) == pages


@pytest.mark.parametrize(
    ("prefix", "domain"),
    [("", {"Fn::Sub": "orders-${AWS::AccountId}-${Stage}"}), ("desk", {"Ref": "SignInDomainPrefix"})],
)
def test_the_sign_in_page_has_a_domain(stack: Template, prefix: str, domain: object) -> None:
    resources = deployed(stack, AuthMode="cognito", SignInDomainPrefix=prefix)["Resources"]
    assert resources["SignInDomain"]["Properties"]["Domain"] == domain
    # Only the newer sign-in pages know `prompt`, and without a style they show nothing.
    assert resources["SignInDomain"]["Properties"]["ManagedLoginVersion"] == 2
    assert resources["SignInPages"]["Properties"]["ClientId"] == {"Ref": "BrowserClient"}


# --- What the functions are told


def test_every_function_that_knows_callers_is_told_how(stack: Template) -> None:
    told = [
        function
        for function, settings in of_type(stack, "AWS::Lambda::Function").items()
        if settings["Environment"]["Variables"].get("AUTH_MODE") == {"Ref": "AuthMode"}
    ]
    assert told == ["OrdersApi", "ReadHistory", "StreamGateway", "StreamAuthorizer", "PushUpdates"]


@pytest.mark.parametrize(
    ("parameters", "issuer", "client"),
    [
        ({"AuthMode": "cognito"}, ISSUER_OF_POOL, {"Ref": "BrowserClient"}),
        ({"AuthMode": "jwt", "BrowserClientId": "page", **ISSUER}, {"Ref": "TokenIssuer"}, {"Ref": "BrowserClientId"}),
        ({"AuthMode": "jwt", **ISSUER}, {"Ref": "TokenIssuer"}, None),
        ({"AuthMode": "none", "BrowserClientId": "page", **ISSUER}, None, None),
    ],
)
def test_the_api_knows_where_people_sign_in(
    stack: Template, parameters: dict[str, str], issuer: object, client: object
) -> None:
    told = variables(deployed(stack, **parameters), "OrdersApi")
    names = ("TOKEN_ISSUER", "SIGN_IN_AUTHORITY", "BROWSER_CLIENT_ID")
    assert [told.get(name) for name in names] == [issuer, issuer, client]


def test_the_page_may_ask_for_tokens_where_the_issuer_has_them_only(stack: Template) -> None:
    for prefix in ("", "desk"):
        cognito = deployed(stack, AuthMode="cognito", SignInDomainPrefix=prefix)
        pattern, values = variables(cognito, "OrdersApi")["SIGN_IN_ORIGINS"]["Fn::Sub"]
        assert pattern == "https://${Prefix}.auth.${AWS::Region}.amazoncognito.com"
        assert values["Prefix"] == cognito["Resources"]["SignInDomain"]["Properties"]["Domain"]
    assert variables(deployed(stack, AuthMode="jwt", **ISSUER), "OrdersApi")["SIGN_IN_ORIGINS"] == {
        "Ref": "SignInOrigins"
    }
    assert "SIGN_IN_ORIGINS" not in variables(deployed(stack, AuthMode="none", **ISSUER), "OrdersApi")


def test_the_websocket_authorizer_knows_whose_tokens_are_for_this_api(stack: Template) -> None:
    cognito = variables(deployed(stack, AuthMode="cognito"), "StreamAuthorizer")
    assert cognito["TOKEN_ISSUER"] == cognito["SIGN_IN_AUTHORITY"] == ISSUER_OF_POOL
    assert cognito["TOKEN_AUDIENCE"] == {"Fn::Sub": "${BrowserClient},${MachineClient}"}
    other = variables(deployed(stack, AuthMode="jwt", **ISSUER), "StreamAuthorizer")
    assert other["TOKEN_ISSUER"] == other["SIGN_IN_AUTHORITY"] == {"Ref": "TokenIssuer"}
    assert other["TOKEN_AUDIENCE"] == {"Ref": "TokenAudience"}


# --- Modes


def test_a_deployment_authenticates_unless_it_is_told_not_to(template: Template) -> None:
    mode = template["Parameters"]["AuthMode"]
    assert (mode["Default"], set(mode["AllowedValues"])) == ("cognito", set(MODES))
    assert "everybody" in mode["Description"]


@pytest.mark.parametrize(
    ("parameters", "missing"),
    [
        ({"AuthMode": "jwt", **ISSUER}, []),
        ({"AuthMode": "jwt", **ISSUER, "TokenIssuer": ""}, ["TokenIssuer"]),
        ({"AuthMode": "jwt", **ISSUER, "TokenAudience": ""}, ["TokenAudience"]),
        ({"AuthMode": "jwt"}, ["TokenIssuer", "TokenAudience"]),
        ({"AuthMode": "cognito"}, []),
        ({"AuthMode": "none"}, []),
    ],
)
def test_another_issuer_must_be_named_with_an_audience(
    template: Template, parameters: dict[str, str], missing: list[str]
) -> None:
    values = parameter_values(template, **parameters)
    failed = [
        assertion["AssertDescription"]
        for rule in template["Rules"].values()
        if decide(template, rule["RuleCondition"], values)
        for assertion in rule["Assertions"]
        if not decide(template, assertion["Assert"], values)
    ]
    assert [text.split()[3].rstrip(",") for text in failed] == missing


@pytest.mark.parametrize("mode", MODES)
def test_a_deployment_refers_only_to_what_it_has(stack: Template, mode: str) -> None:
    whole = deployed(stack, AuthMode=mode, **ISSUER)
    there = {*whole["Resources"], *whole["Parameters"]}
    told = {part for section in ("Resources", "Outputs") for part in references(whole[section])}
    assert {part for part in told if not part.startswith("AWS::")} <= there
