"""Whose records and values count: `keys` (files of keys) and `keyring` (signatures)."""
