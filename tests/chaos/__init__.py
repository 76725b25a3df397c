"""Faults on the running local cloud: `make chaos`. It shows on the real stack what the simulator proves with seeds."""
