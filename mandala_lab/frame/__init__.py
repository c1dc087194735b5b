"""ComputationFrames as data: `graph`, `build`, `expand`, `table`, `check`, `outline`, `export`."""
