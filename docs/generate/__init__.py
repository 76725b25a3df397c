"""Writes `docs/openapi.json` and `docs/asyncapi.yaml` from the contracts: `make docs`. No function imports this.

What the engine accepts is described by the very models that check it (`order_engine.contracts`). What it answers is
described by models of their own here, and every example is what the engine itself said in memory.
"""
