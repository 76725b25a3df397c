"""The order execution engine: one order is one item, and every lifecycle step is one conditional write to it."""
