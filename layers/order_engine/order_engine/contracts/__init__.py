"""What crosses the wire: Pydantic models of requests and messages, and how they become commands."""
