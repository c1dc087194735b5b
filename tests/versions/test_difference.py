"""What differs between two versions of the code of an op."""

from __future__ import annotations

from mandala_lab.model.ops import CodeVersion
from mandala_lab.versions.diff import difference
from mandala_lab.versions.resolver import Resolver

CELL = """
K = 1
def helper(x):
    # why
    return x + 1
class Tool:
    def use(self, x): return x
def f(x):
    return helper(x) + Tool().use(x) + K
"""


def version_of(define, source):
    return Resolver().resolve(define(source)["f"]).version


def test_each_piece_that_changed_is_named_with_its_text(define):
    old = version_of(define, CELL)
    new = version_of(
        define, CELL.replace("x + 1", "x + 2").replace("def use(self, x): return x", "def use(self, x): return -x")
    )
    found = {piece.name: piece for piece in difference(old, new, context_lines=0)}
    assert {name: piece.change for name, piece in found.items()} == {"helper": "changed", "Tool.use": "changed"}
    assert found["helper"].text == "--- old\n+++ new\n@@ -3 +3 @@\n-    return x + 1\n+    return x + 2\n"


def test_edits_that_do_not_matter_show_nothing(define):
    old = version_of(define, CELL)
    assert difference(old, version_of(define, CELL.replace("# why", "# because"))) == []
    [piece] = difference(old, version_of(define, CELL.replace("# why", "# because").replace("+ K", "- K")))
    assert (piece.name, piece.kind, piece.change) == ("", "code", "changed"), "the op alone, whose label is empty"


def test_pieces_that_come_and_go_are_told(define):
    old = version_of(define, CELL)
    new = version_of(define, CELL.replace("helper(x) +", "").replace("+ K", "+ L") + "L = 1\n")
    found = {(piece.name, piece.kind): piece.change for piece in difference(old, new)}
    assert found == {
        ("", "code"): "changed",
        ("helper", "code"): "removed",
        ("K", "read"): "removed",
        ("L", "read"): "added",
    }


def test_versions_that_were_recorded_without_pieces_are_compared_by_text():
    old = CodeVersion(b"1", "def f(): g()", {"g": "def g(): 1"})
    new = CodeVersion(b"2", "def f(): g()", {"g": "def g(): 2"})
    assert [piece.name for piece in difference(old, new)] == ["g"]
