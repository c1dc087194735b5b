"""Whole stores on their way: `archive` (a store in one file), `merge` (a store into another)."""
