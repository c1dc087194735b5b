"""The call store on SQL.

`schema` (tables), `migrations`, `database` (connections), `statements` (prepared
hot statements), `rows` (rows to records), `store`.
"""
