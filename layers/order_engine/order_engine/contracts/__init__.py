"""What crosses the wire: schemas of HTTP and WebSocket, the events' JSON, queue messages, problem details."""
