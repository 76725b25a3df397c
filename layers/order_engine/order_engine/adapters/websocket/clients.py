"""The clients behind the WebSocket API, reached through its management endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from order_engine.application.errors import ClientGone, ClientUnreachable, DependencyUnavailable

if TYPE_CHECKING:
    from types_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

    from order_engine.adapters.websocket.signed_posts import SignedPosts
    from order_engine.application.messages import Message
    from order_engine.application.ports import FrameCodec


@dataclass(frozen=True, slots=True)
class WebSocketClients:
    """`Clients` on the API Gateway management API."""

    client: ApiGatewayManagementApiClient
    posts: SignedPosts
    codec: FrameCodec

    def post(self, connection_id: str, message: Message) -> None:
        """Send the message's frames, one after the other."""
        for frame in self.codec.encode(message):
            self._post(connection_id, frame.encode())

    def _post(self, connection_id: str, frame: bytes) -> None:
        """Send one frame: the quick way, and where that fails by boto3, which also knows what went wrong."""
        if self.posts.post(f"/@connections/{quote(connection_id, safe='')}", frame):
            return
        try:
            self.client.post_to_connection(ConnectionId=connection_id, Data=frame)
        except self.client.exceptions.GoneException as gone:
            raise ClientGone(f"connection {connection_id} is gone") from gone
        except (ClientError, BotoCoreError) as error:
            raise ClientUnreachable(f"connection {connection_id}: {error}") from error

    def close(self, connection_id: str) -> None:
        """Close the connection. One that is gone already is fine; a management API that is down is not."""
        try:
            self.client.delete_connection(ConnectionId=connection_id)
        except self.client.exceptions.GoneException:
            return
        except (ClientError, BotoCoreError) as error:
            raise DependencyUnavailable(f"The WebSocket management API did not answer: {error}") from error
