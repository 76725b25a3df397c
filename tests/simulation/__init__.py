"""A deterministic simulation of the whole engine: the real use cases, ports in memory, faults, invariants."""
