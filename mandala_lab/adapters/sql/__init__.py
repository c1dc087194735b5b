"""The call store on SQL.

`schema` (tables), `migrations`, `database` (connections), `statements` (prepared
hot statements), `rows` (rows to records), `store` with its parts `connected`,
`values`, `code`, `sessions`, `recording` (`deletion`) and `finding`.
"""
