"""Structured logs of the functions."""

from __future__ import annotations

from aws_lambda_powertools import Logger


def function_logger() -> Logger:
    """Return the function's logger; POWERTOOLS_SERVICE_NAME and POWERTOOLS_LOG_LEVEL name it and its level.

    Times are RFC 3339: Lambda reads the `level` only of lines with such a `timestamp`. It takes all others for INFO,
    and with an ApplicationLogLevel of WARN it drops them, errors too.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    """
    return Logger(use_rfc3339=True)
