"""Memoization: from a call to a key, from a key to a result or a run.

`decorator` makes ops, `binding` binds arguments, `encoding` (with `arrays` and
`tables`) turns values into typed bytes, `values` chooses how they are stored,
`context` knows the current engine and span, `engine` answers a call.
"""
