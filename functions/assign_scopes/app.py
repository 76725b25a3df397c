"""Cognito's pre token generation trigger: members of the group `admins` get the scope orders/admin.

No client may ask for that scope, so that no page and no tool gets an administrator's rights into the hands of somebody
else by asking. The access token alone gets it; the ID token says who somebody is, not what they may do.
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

ADMINS = "admins"
ADMIN_SCOPE = "orders/admin"
PEOPLE_SIGN_IN = frozenset(
    {"TokenGeneration_HostedAuth", "TokenGeneration_NewPasswordChallenge", "TokenGeneration_RefreshTokens"}
)
"""Sources of tokens for people at the sign-in page: not of those that a program gets with a password or a secret."""

logger = logging.getLogger()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Return the event, with the scope to add in its response if the token is an administrator's."""
    if _is_administrators(event):
        added = {"accessTokenGeneration": {"scopesToAdd": [ADMIN_SCOPE]}}
        event["response"] = {"claimsAndScopeOverrideDetails": added}
        logger.info("administrator", extra={"user_name": event.get("userName"), "trigger": event["triggerSource"]})
    return event


def _is_administrators(event: Mapping[str, Any]) -> bool:
    """Return whether Cognito says that the token is for a person in the group; nothing else, however odd, will do."""
    match event:
        case {
            "version": "2",
            "triggerSource": str(trigger),
            "request": {"groupConfiguration": {"groupsToOverride": [*groups]}},
        }:
            return trigger in PEOPLE_SIGN_IN and ADMINS in groups
        case _:
            return False
