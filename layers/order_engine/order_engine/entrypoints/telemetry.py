"""Structured logs of the functions."""

from __future__ import annotations

from aws_lambda_powertools import Logger


def function_logger() -> Logger:
    """Return the function's logger; POWERTOOLS_SERVICE_NAME and POWERTOOLS_LOG_LEVEL name it and its level."""
    return Logger()
