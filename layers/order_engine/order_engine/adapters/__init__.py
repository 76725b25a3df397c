"""How the ports are met: DynamoDB, SQS, Postgres and the WebSocket management API."""
