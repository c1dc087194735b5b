"""Every seam of the project: protocols only, one per concern."""
