"""The call store on SQL.

Tables: `schema`, `migrations` (`compact_calls`, `signatures`). Connections: `files`,
`foreign` (what a file may hold), `connecting`, `standstill` (forks), `database`.
Statements and rows: `statements` (prepared), `rows`, `signed` (what a signature is of),
`odd_rows`.

`store` is made of parts that work with `connected`: `values`, `code`, `sessions`,
`presence` (what a call refers to is there), `recording` (`deletion`), `finding`; for
space `holdings` and `digests` (what there is), `sweep` (deleting by a plan), `space`;
for care `checking` (`mentions`), `mending`, `adoption`, `merging`.
"""
