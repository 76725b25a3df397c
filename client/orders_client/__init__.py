"""A client of the order execution engine: `OrdersClient` for its HTTP API, `OrderStream` for its WebSocket API.

>>> from orders_client import OrdersClient
>>> with OrdersClient("http://localhost:3000") as orders:        # doctest: +SKIP
...     orders.place("SOL", "USDC", "1.5").order_id
"""

from orders_client.api import OrdersClient
from orders_client.auth.client_credentials import ClientCredentials
from orders_client.auth.credentials import Credentials
from orders_client.backoff import Backoff
from orders_client.connection import Timing
from orders_client.errors import (
    ApiError,
    Conflict,
    FieldError,
    InsecureAddress,
    InvalidRequest,
    NotAllowed,
    NotConfirmed,
    NotFound,
    OrdersError,
    Problem,
    RateLimited,
    ServerFault,
    SignInFailed,
    StreamClosed,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
)
from orders_client.fold import OrderFeed, Update
from orders_client.models import Accepted, Event, Failure, Health, History, Metrics, Order, Status, StreamTicket
from orders_client.retries import Retries
from orders_client.stream import OrderStream

__all__ = [
    "Accepted",
    "ApiError",
    "Backoff",
    "ClientCredentials",
    "Conflict",
    "Credentials",
    "Event",
    "Failure",
    "FieldError",
    "Health",
    "History",
    "InsecureAddress",
    "InvalidRequest",
    "Metrics",
    "NotAllowed",
    "NotConfirmed",
    "NotFound",
    "Order",
    "OrderFeed",
    "OrderStream",
    "OrdersClient",
    "OrdersError",
    "Problem",
    "RateLimited",
    "Retries",
    "ServerFault",
    "SignInFailed",
    "Status",
    "StreamClosed",
    "StreamTicket",
    "Timing",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedAnswer",
    "Update",
]
