"""The DEX venues: their integer math, the router between them, and the simulated market they run on."""
