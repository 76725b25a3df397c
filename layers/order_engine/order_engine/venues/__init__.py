"""Pool math of real programs: pure functions on integers in base units. Standard library only."""
