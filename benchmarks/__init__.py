"""Benchmarks on a local cloud of their own. They print figures and judge nothing: machines differ and are shared."""
