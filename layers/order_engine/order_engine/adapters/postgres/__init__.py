"""The order history in Postgres."""
