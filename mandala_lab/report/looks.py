"""Looks at the values of a frame for an export: bounded, without running code of theirs, some left out."""

from __future__ import annotations

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.model.columns import FREE_POSITION
from mandala_lab.model.errors import MandalaLabError
from mandala_lab.model.refs import Ref
from mandala_lab.render.preview import one_line, preview
from mandala_lab.report.redaction import Redact, Redaction
from mandala_lab.schema.messages import ValuePreview, ValueRow

LEFT_OUT = "left out of this export"
_SHORT = 8
_CELL = 40


class Looks:
    """Shows values where they were asked for, and short ids where not.

    Parameters
    ----------
    graph
        The frame.
    values
        Whether values may be shown.
    redact
        Which of them may not, as for `Redaction`.
    """

    def __init__(self, graph: FrameGraph, *, values: bool, redact: Redact = ()) -> None:
        self._catalogue = graph.catalogue
        self.values = values
        self.redaction = Redaction(graph, redact)

    @property
    def tells_errors(self) -> bool:
        """Whether messages of errors may be shown: they may hold any value."""
        return self.values and not self.redaction

    def cell(self, ref: int) -> str:
        """Return a ref, given by its number, in a few characters."""
        if not self.values:
            return short_ref(self._catalogue.refs.hid(ref))
        return one_line(self._look(self._catalogue.refs[ref]), _CELL)

    def row(self, name: str, ref: int) -> ValueRow:
        """Return a ref with a look at its value."""
        shown = self._catalogue.refs[ref]
        return ValueRow(name, shown.hid, shown.cid, self._look(shown))

    def _look(self, ref: Ref) -> ValuePreview:
        if self.redaction.covers_ref(ref):
            return _note(LEFT_OUT)
        try:
            value = ref.peek(data_only=True)
        except (MandalaLabError, LookupError) as error:
            return _note(str(error.args[0] if isinstance(error, LookupError) and error.args else error))
        return _note(LEFT_OUT) if self.redaction.covers_value(value) else preview(value)


def short_ref(hid: str) -> str:
    """Return the beginning of a ref's history id and, of several outputs of one call, which one it is."""
    position = int(hid[-4:], 16)
    return hid[:_SHORT] if position in {0, FREE_POSITION} else f"{hid[:_SHORT]}.{position}"


def short_call(hid: str) -> str:
    """Return the beginning of a call's history id."""
    return hid[:_SHORT]


def _note(text: str) -> ValuePreview:
    return ValuePreview("missing", "", text, truncated=False)
