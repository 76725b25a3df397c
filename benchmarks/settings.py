"""The environment of the functions that are measured."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_SESSION_TOKEN": "none" * 100,  # as long as those in Lambda, since it is signed each time
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "benchmark",
    "ORDERS_TABLE": "orders",
    "CONNECTIONS_TABLE": "connections",
    "CHAIN_TABLE": "chain",
    "COUNTERS_TABLE": "counters",
    "ORDERS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/orders",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/dead",
    "WEBSOCKET_API_ENDPOINT": "https://ws.example.org/dev",
    "WEBSOCKET_URL": "wss://ws.example.org/dev",
    "DATABASE_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:database",
    "READ_HISTORY_FUNCTION": "read-history",
    "DASHBOARD_FOLDER": str(ROOT / "dashboard"),
    "MAX_RETRY_ATTEMPTS": "3",
    "RETRY_BASE_DELAY_SECONDS": "1",
    "DEFAULT_SLIPPAGE": "0.01",
    "MARKET_SEED": "1",
    "QUOTE_LATENCY_MS": "0",
    "EXECUTION_LATENCY_MS": "0",
    "QUOTE_FAILURE_RATE": "0",
    "SIMULATION_FAILURE_RATE": "0",
    "EXECUTION_FAILURE_RATE": "0",
    "MAX_ORDERS_PER_MINUTE": "600",
    "AUTH_MODE": "none",
    "TICKETS_TABLE": "tickets",
    "TOKEN_ISSUER": "https://issuer.example.org",
    "TOKEN_AUDIENCE": "browser,machine",
}
"""The environment as the template sets it."""
