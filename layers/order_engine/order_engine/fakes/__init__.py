"""The ports in memory, for tests and simulations: they keep the same contracts as the real adapters."""
