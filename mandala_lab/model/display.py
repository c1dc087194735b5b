"""How a ref shows itself in a notebook: its value, as far as that is cheap and survives.

A value that is not loaded is loaded only where it is small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mandala_lab.model.errors import MandalaLabError

if TYPE_CHECKING:
    from mandala_lab.model.refs import Ref

_LARGEST = 1_000_000  # stored bytes of a value that is loaded only to be shown
_LONGEST = 2_000_000  # characters of a picture or table that goes into the notebook
_RICH = {
    "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_",
    "text/latex": "_repr_latex_",
    "image/svg+xml": "_repr_svg_",
}


def bundle(ref: Ref) -> dict[str, str]:
    """Return what a notebook shows of a ref, by kind of text; ``text/plain`` is always there.

    The value's own rich forms are taken as they are, as a notebook takes them of
    the value itself; anything else is plain text, which every front end escapes.
    """
    found = {"text/plain": repr(ref)}
    if not ref.in_memory and not _is_small(ref):
        return found
    try:
        value = ref.value
    except (MandalaLabError, LookupError) as error:
        return {"text/plain": f"{found['text/plain']}: {error}"}
    found["text/plain"] = repr(ref)
    for kind, method in _RICH.items():
        text = _rich(value, method)
        if text is not None:
            found[kind] = text
    return found


def _is_small(ref: Ref) -> bool:
    try:
        size = ref.stored_size
    except (MandalaLabError, LookupError):
        return False
    return size is not None and size <= _LARGEST


def _rich(value: Any, method: str) -> str | None:
    """Return a rich form of a value, if it has one and that does not fail."""
    if isinstance(value, type):  # its methods are those of its objects
        return None
    try:
        show = getattr(type(value), method, None)
        text = None if show is None else show(value)
    except Exception:  # whatever the value's own code raises
        return None
    return text if isinstance(text, str) and len(text) <= _LONGEST else None
