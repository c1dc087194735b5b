"""The call store on SQL.

`schema` (tables), `migrations`, `files`, `database` (connections), `statements` (prepared
hot statements), `rows` (rows to records), `store` with its parts `connected`,
`values`, `code`, `sessions`, `recording` (`deletion`) and `finding`.
"""
