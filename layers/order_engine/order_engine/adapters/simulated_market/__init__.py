"""The simulated market: prices, venues with the math of real pools, and the chain that they trade on."""
