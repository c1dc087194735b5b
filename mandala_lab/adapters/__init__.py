"""Technologies behind the ports, one per file or folder; only `wiring` imports them."""
