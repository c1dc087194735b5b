"""Calls as a recorder writes them, for the contracts of call stores."""

from __future__ import annotations

from mandala_lab.memo.values import store as encode
from mandala_lab.model.calls import CallEntry, Given, Made, Span
from mandala_lab.model.hashing import combine
from mandala_lab.model.ops import CodeVersion, OpSpec

SPEC = OpSpec("m:f", "f", ("x",), ("y",))
VERSION = CodeVersion(combine(b"v", b"1"), "def f(x): ...", {"g": "def g(): ..."}, ("K",))
OTHER = CodeVersion(combine(b"v", b"2"), "def f(x): return x")


def entry(number: int, status="ok", origin: bytes = b"", given: int | None = None) -> CallEntry:
    """Make a call that turns `number` into its tenfold: the small input goes with it, the output is stored."""
    taken, made = encode(number if given is None else given), encode(number * 10)
    hid, cid = combine(b"h", bytes([number])), combine(b"c", bytes([number]))
    inputs = (Given("x", taken.cid, origin, taken.data),)
    outputs = (Made(made.cid),) if status == "ok" else ()
    occurred = "computed" if status == "ok" else "error"
    span = Span("run", number, None, 0, hid.hex(), occurred, 2.0 + number, 0.5)
    reads = (Given("K", taken.cid, b"", taken.data),)
    started = 2.0 + number
    return CallEntry(
        hid, cid, SPEC, VERSION, VERSION.digest, b"p" * 20, inputs, outputs, reads, [made], status, started, 0.5, span
    )
