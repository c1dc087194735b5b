"""Everything that crosses a process border, as msgspec structs.

The TypeScript side (`js/src/schema/messages.ts`) is generated from here by
``scripts/generate-schema``; a stale file fails the tests.
"""
