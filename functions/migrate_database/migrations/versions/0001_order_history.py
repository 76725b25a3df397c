"""The order history: orders, their events, what went wrong, and how many orders are in each status.

Migrations only go forward: the history holds nothing that could not be filled again from the order table.
"""

from alembic import op

revision = "0001"
down_revision = None

_ORDERS = """
CREATE TABLE orders (
    id                     uuid PRIMARY KEY,
    user_id                text NOT NULL,
    client_order_id        text,
    correlation_id         text,
    order_type             text NOT NULL,
    token_in               text NOT NULL,
    token_out              text NOT NULL,
    amount_in              numeric(20) NOT NULL,
    amount_in_entered      text NOT NULL,
    slippage_bps           integer NOT NULL,
    slippage_entered       text NOT NULL,
    min_amount_out         numeric(20) NOT NULL,
    min_amount_out_entered text,
    status                 text NOT NULL,
    version                integer NOT NULL CHECK (version > 0),
    created_at             timestamptz(3) NOT NULL,
    updated_at             timestamptz(3) NOT NULL
);
COMMENT ON TABLE orders IS 'Each order as last seen; status, version and updated_at are its last event''s';
COMMENT ON COLUMN orders.amount_in IS 'Base units of token_in, an unsigned 64-bit integer';
COMMENT ON COLUMN orders.min_amount_out IS 'Base units of token_out; 0: no limit of its own';
COMMENT ON COLUMN orders.slippage_bps IS 'Basis points';

-- Lists are newest first and page by (created_at, id). An index per filter, each in that order.
CREATE INDEX orders_by_time ON orders (created_at, id);
CREATE INDEX orders_by_user ON orders (user_id, created_at, id);
CREATE INDEX orders_by_status ON orders (status, created_at, id);
CREATE INDEX orders_by_token_in ON orders (token_in, created_at, id);
"""

_EVENTS = """
-- data is json, not jsonb: it keeps the text as it was written, so that what is read is what was appended.
CREATE TABLE order_events (
    order_id    uuid NOT NULL REFERENCES orders ON DELETE CASCADE,
    seq         integer NOT NULL CHECK (seq > 0),
    status      text NOT NULL,
    occurred_at timestamptz(3) NOT NULL,
    data        json NOT NULL,
    PRIMARY KEY (order_id, seq)
);
CREATE TABLE order_failures (
    order_id    uuid NOT NULL,
    seq         integer NOT NULL,
    attempt     integer NOT NULL CHECK (attempt > 0),
    code        text NOT NULL,
    message     text NOT NULL,
    data        json NOT NULL,
    occurred_at timestamptz(3) NOT NULL,
    PRIMARY KEY (order_id, seq),
    FOREIGN KEY (order_id, seq) REFERENCES order_events ON DELETE CASCADE
);
COMMENT ON TABLE order_failures IS 'Every attempt that went wrong; seq is the event that says so';
"""

_COUNTS = """
CREATE TABLE order_status_counts (
    status text PRIMARY KEY,
    orders bigint NOT NULL
);
INSERT INTO order_status_counts
SELECT unnest(ARRAY['pending', 'routing', 'building', 'submitted', 'confirmed', 'failed', 'cancelled']), 0;
"""

_SWAPS = """
CREATE VIEW swaps AS
SELECT orders.id AS order_id, user_id, token_in, token_out,
       amount_in_entered::numeric AS amount_in,
       (data ->> 'amountOut')::numeric AS amount_out,
       (data ->> 'executedPrice')::numeric AS executed_price,
       (data ->> 'fee')::numeric AS fee,
       data ->> 'venue' AS venue,
       data ->> 'txHash' AS tx_hash,
       created_at, occurred_at AS confirmed_at
FROM orders JOIN order_events ON order_id = orders.id AND seq = version
WHERE orders.status = 'confirmed';
COMMENT ON VIEW swaps IS 'Confirmed orders with what the swap gave; amounts in whole tokens';
"""


def upgrade() -> None:
    """Create all of it."""
    for statements in (_ORDERS, _EVENTS, _COUNTS, _SWAPS):
        op.execute(statements)
