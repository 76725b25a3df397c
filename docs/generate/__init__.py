"""Writes `docs/openapi.json` and `docs/asyncapi.yaml` from the contracts: `make docs`. No function imports this.

What the engine accepts is described by the models that check it, what it says by the types that its views, frames and
event codec return (`order_engine.contracts`). Codes, statuses and receipts come from the engine's own tables, and every
example is what the engine itself said in memory.
"""
