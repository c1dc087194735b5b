"""What a store must survive: a module for each row of goals, small with the tests, in full by `scripts/torture`."""

ROWS = ("kills", "faults", "sharing", "flights", "damage", "clocks", "mutants", "forgeries", "canaries", "paths")
"""The modules of the rows, in their order."""
