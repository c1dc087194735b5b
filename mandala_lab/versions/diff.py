"""What differs between two code versions: which pieces of code, with their texts side by side.

Owns the comparison of recorded versions. Pieces are compared by digest, so that
an edit of a comment shows nothing.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from mandala_lab.model.ops import CodeVersion


@dataclass(frozen=True, slots=True)
class Difference:
    """One piece that differs.

    Attributes
    ----------
    name
        Label of the piece (a helper, a class, a variable); empty for the op itself.
    kind
        ``"code"``, or ``"read"`` for a variable that is read in one version only.
    change
        What became of it.
    text
        Unified diff of its source; empty where no source is known.
    """

    name: str
    kind: Literal["code", "read"]
    change: Literal["changed", "added", "removed"]
    text: str = ""


def difference(old: CodeVersion, new: CodeVersion, context_lines: int = 3) -> list[Difference]:
    r"""Return the pieces that differ: the op itself first, then by name.

    Examples
    --------
    >>> old = CodeVersion(b"1", "def f(x):\n    return x\n", pieces={"": "aa"})
    >>> new = CodeVersion(b"2", "def f(x):\n    return -x\n", pieces={"": "bb"})
    >>> [found] = difference(old, new, context_lines=0)
    >>> print(found.change, found.text)
    changed --- old
    +++ new
    @@ -2 +2 @@
    -    return x
    +    return -x
    <BLANKLINE>
    """
    if old.digest == new.digest:
        return []
    found = [
        Difference(
            name, "code", _change(name in old_pieces, name in new_pieces), diff_of(old, new, name, context_lines)
        )
        for old_pieces, new_pieces in [(_pieces(old), _pieces(new))]
        for name in sorted(old_pieces.keys() | new_pieces.keys())
        if old_pieces.get(name) != new_pieces.get(name)
    ]
    reads = sorted(set(old.reads) ^ set(new.reads))
    return found + [Difference(name, "read", _change(name in old.reads, name in new.reads)) for name in reads]


def _pieces(version: CodeVersion) -> dict[str, str]:
    """Return the digests of the pieces; of a version recorded without them, the texts stand in."""
    return version.pieces or {"": version.source, **version.helpers}


def _change(before: bool, after: bool) -> Literal["changed", "added", "removed"]:
    if before and after:
        return "changed"
    return "removed" if before else "added"


def diff_of(old: CodeVersion, new: CodeVersion, name: str, context_lines: int = 3) -> str:
    """Return the unified diff of the source of one piece; the op itself has no name."""
    before, after = ((version.helpers.get(name, "") if name else version.source).splitlines() for version in (old, new))
    lines = difflib.unified_diff(before, after, "old", "new", lineterm="", n=context_lines)
    return "".join(f"{line}\n" for line in lines)
