"""The clients behind the WebSocket API, reached through its management endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from order_engine.domain.errors import ClientGone, ClientUnreachable, DependencyUnavailable

if TYPE_CHECKING:
    from types_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

    from order_engine.adapters.signed_posts import SignedPosts


@dataclass(frozen=True, slots=True)
class WebSocketClients:
    """`Clients` on the API Gateway management API."""

    client: ApiGatewayManagementApiClient
    posts: SignedPosts

    def post(self, connection_id: str, message: Mapping[str, Any]) -> None:
        """Send one frame: the quick way, and where that fails as boto3 does it, which also knows what went wrong."""
        frame = json.dumps(message, separators=(",", ":")).encode()
        if self.posts.accepted(f"/@connections/{quote(connection_id, safe='')}", frame):
            return
        try:
            self.client.post_to_connection(ConnectionId=connection_id, Data=frame)
        except self.client.exceptions.GoneException as gone:
            raise ClientGone(f"connection {connection_id} is gone") from gone
        except (ClientError, BotoCoreError) as error:
            raise ClientUnreachable(f"connection {connection_id}: {error}") from error

    def hang_up(self, connection_id: str) -> None:
        """Close the connection. One that is gone already is fine; a management API that is down is not."""
        try:
            self.client.delete_connection(ConnectionId=connection_id)
        except self.client.exceptions.GoneException:
            return
        except (ClientError, BotoCoreError) as error:
            raise DependencyUnavailable(f"The WebSocket management API did not answer: {error}") from error
