"""How wide a text is at most, and how it is cleaned and shortened for drawing.

Owns an upper-bound width table and the rules for hostile text. Does not own
box sizes (`boxes`), nor the table for other scripts (`script_widths`). The table
is not a font: it holds, per character, the widest advance of the usual sans-serif
faces, so that a box made from it is never too narrow.
"""

from __future__ import annotations

import re
import unicodedata

from mandala_lab.render.script_widths import SCRIPT_WIDTHS, STEP, ZERO

ELLIPSIS = "\u2026"
LONGEST_LABEL = 32

_WIDTHS = {
    0.28: "'ijl",
    0.32: "I ,.",
    0.36: "/:;\\|f",
    0.40: "-()[]t",
    0.42: "!r",
    0.50: '"*`',
    0.56: "zJ_cs",
    0.60: "kvxy",
    0.64: "?FLTaeo$0123456789bdghnpqu{}",
    0.69: "EPSYVXZ",
    0.73: "ABCKR",
    0.76: "UNH",
    0.79: "&DGOQ",
    0.84: "w#+<=>^~",
    0.87: "M",
    0.99: "%mW",
    1.02: "@",
}
_ASCII = {character: width for width, group in _WIDTHS.items() for character in group}
_MOST_KNOWN = 4096
_LATIN = 1.08
_DIGRAPH = 1.43
_DIGRAPHS = range(0x1C4, 0x1F7)
_LAST_LATIN = 0x24F
_WIDE = 1.05
_OTHER = 1.5
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]")
_STRETCHES = (
    (range(0x1E00, 0x1F00), 1.05),  # Latin with marks
    (range(0x2010, 0x2028), 1.05),  # punctuation
    (range(0x2190, 0x2200), 1.05),  # arrows
    (range(0x2E00, 0x2E60), 2.95),  # long dashes
    (range(0xFB50, 0xFDFD), 2.4),  # words of Arabic in one
    (range(0xFDFD, 0xFDFE), 7.3),
    (range(0x2300, 0x2C00), 1.45),  # signs and emoji
    (range(0x1F000, 0x1FB00), 1.65),
    (range(0x12000, 0x12550), 4.1),  # cuneiform
    (range(0x10000, 0x1F000), 2.85),
)

# What XML 1.0 forbids, and the marks that make text read in another order than it is.
_ILLEGAL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile("[\t\n\r\x85\u2028\u2029]+")


class _Advances(dict[str, float]):
    """The widths of characters in em, found when they are asked for."""

    def __missing__(self, character: str) -> float:
        width = _advance(character)
        if len(self) < _MOST_KNOWN:
            self[character] = width
        return width


def _advance(character: str) -> float:
    """Return the width of a character that is not ASCII."""
    code = ord(character)
    if _UNSEEN.match(character):
        return 0.0
    for first, widths in SCRIPT_WIDTHS.items():
        if first <= code < first + len(widths):
            return (ord(widths[code - first]) - ZERO) * STEP
    if unicodedata.combining(character):
        return 0.0
    if code <= _LAST_LATIN:
        return _latin(character)
    wide = unicodedata.east_asian_width(character) in "WF"
    return next((width for stretch, width in _STRETCHES if code in stretch), _WIDE if wide else _OTHER)


def _latin(character: str) -> float:
    base = _ASCII.get(unicodedata.normalize("NFD", character)[0])
    if base is not None:
        return max(base, 0.32) + 0.06
    return _DIGRAPH if ord(character) in _DIGRAPHS else _LATIN


_ADVANCES = _Advances(_ASCII)


def text_width(text: str, size: float) -> float:
    """Return the width of a text in pixels, never under.

    Parameters
    ----------
    text
        One line.
    size
        Font size in pixels.

    Examples
    --------
    >>> round(text_width("scale", 10.0), 1)
    26.8
    """
    return sum(map(_ADVANCES.__getitem__, text)) * size


def clean(text: str) -> str:
    """Text that is safe in XML and reads in the order it has.

    Control characters, lone surrogates, U+FFFE, U+FFFF and marks that reorder
    text become U+FFFD; line breaks become one space.
    """
    if text.isascii() and text.isprintable():
        return text
    return _REORDERING.sub("\ufffd", _ILLEGAL.sub("\ufffd", _BREAKS.sub(" ", text)))


def shorten(label: str, longest: int = LONGEST_LABEL) -> str:
    """Return the label as it is drawn: cleaned, its middle replaced by an ellipsis if long.

    Examples
    --------
    >>> shorten("scale")
    'scale'
    >>> shorten("a" * 40 + "b" * 40, 9)
    'aaaa…bbbb'
    """
    text = clean(label)
    if len(text) <= longest:
        return text
    head = longest // 2
    tail = longest - 1 - head
    return text[:head] + ELLIPSIS + text[len(text) - tail :]
