"""The command ``mandala``: what a terminal or a script asks of a store.

`main` (arguments, errors, exit status), `shown` (texts, JSON, progress), and by
subject `listing`, `care` and `transfer`. It reads stores without running anything
that they hold.
"""
