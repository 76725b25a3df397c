"""The use cases, each with everything that it decides, and the ports through which they reach the world."""
