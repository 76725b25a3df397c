"""The clients behind the WebSocket API."""
