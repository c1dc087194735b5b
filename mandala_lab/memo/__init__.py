"""Memoization: from a call to a key, from a key to a result or a run.

`decorator` makes ops, `binding` binds arguments, `encoding` names values by their
content and writes them as data, `values` chooses how they are stored, `signing`
signs what has to be pickled,
`context` knows the current engine and span, `engine` answers a call.
"""
