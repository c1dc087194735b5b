"""The colours of pictures, in one table, and their style sheet.

Owns colours, line widths and fonts of SVG pictures. Does not own shapes
(`svg`). Every text colour has a contrast of at least 4.5 to the fills it
stands on, every border and edge at least 3 to the ground; tests compute it.
Status is told by glyph, border and words too, never by colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from mandala_lab.render.boxes import DETAIL_SIZE, EDGE_LABEL_SIZE, LABEL_SIZE

ThemeName = Literal["auto", "light", "dark"]

FONTS = "Helvetica Neue,Helvetica,Arial,Liberation Sans,Roboto,Segoe UI,sans-serif"


@dataclass(frozen=True, slots=True)
class Tone:
    """The colours of a status: border and glyph, and the fill of op boxes."""

    accent: str
    fill: str


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one theme, as ``#rrggbb``."""

    ground: str
    var_fill: str
    ink: str
    detail: str
    edge: str
    edge_label: str
    computed: Tone
    cached: Tone
    error: Tone
    earlier: Tone


LIGHT = Theme(
    ground="#ffffff",
    var_fill="#ffffff",
    ink="#1c2430",
    detail="#556172",
    edge="#8390a3",
    edge_label="#4d596a",
    computed=Tone("#1b7f5c", "#e6f4ee"),
    cached=Tone("#3767c8", "#e8effc"),
    error=Tone("#c2272f", "#fdeaea"),
    earlier=Tone("#7a8494", "#f3f4f7"),
)
DARK = Theme(
    ground="#12161d",
    var_fill="#1a202a",
    ink="#e9eef5",
    detail="#a9b4c4",
    edge="#6d7a8f",
    edge_label="#b3bdcc",
    computed=Tone("#45c598", "#16332b"),
    cached=Tone("#7fadff", "#1a2c4a"),
    error=Tone("#ff7f82", "#421f25"),
    earlier=Tone("#8b97a9", "#222832"),
)

STATUSES = ("computed", "cached", "error", "earlier")

_SHAPES = f"""\
.ml text{{font-family:{FONTS}}}
.ml .label{{font-size:{LABEL_SIZE:g}px;font-weight:600}}
.ml .detail{{font-size:{DETAIL_SIZE:g}px}}
.ml .edges path{{fill:none;stroke-width:1.4;marker-end:url(#ml-tip)}}
.ml .ways{{font-size:{EDGE_LABEL_SIZE:g}px;text-anchor:middle}}
.ml .ways{{paint-order:stroke;stroke-width:7;stroke-linejoin:round}}
.ml .box{{stroke-width:1.4}}
.ml .error .box{{stroke-width:2.6}}
.ml .chip .box{{stroke-width:1}}
.ml .earlier .box{{stroke-dasharray:4 3;stroke-width:1.2}}
.ml .ring{{fill:none;stroke-width:2.2;stroke-linecap:round}}
"""


_FORCED = """\
@media (forced-colors:active){
.ml .ground,.ml .computed .box,.ml .cached .box,.ml .error .box,.ml .earlier .box{fill:Canvas}
.ml .var .box,.ml .ref .box,.ml .chip .box{fill:Canvas}
.ml .computed .box,.ml .cached .box,.ml .error .box,.ml .earlier .box,.ml .edges path{stroke:CanvasText}
.ml .label,.ml .detail,.ml .ways,.ml .tip,.ml .cached .dot{fill:CanvasText}
.ml .computed .ring,.ml .cached .ring,.ml .error .ring,.ml .earlier .ring{stroke:CanvasText}
.ml .ways{stroke:Canvas}
}
"""
"""Where the reader's system has its own few colours, glyph, dash and width alone tell the status."""


def check_theme(theme: str) -> None:
    """Raise ValueError unless the theme is known."""
    valid = get_args(ThemeName)
    if theme not in valid:
        raise ValueError(f"theme must be one of {', '.join(valid)}; found {theme!r}")


def _colours(theme: Theme) -> str:
    rules = [
        f".ml .ground{{fill:{theme.ground}}}",
        f".ml .label{{fill:{theme.ink}}}",
        f".ml .detail{{fill:{theme.detail}}}",
        f".ml .edges path{{stroke:{theme.edge}}}",
        f".ml .tip{{fill:{theme.edge}}}",
        f".ml .ways{{fill:{theme.edge_label};stroke:{theme.ground}}}",
    ]
    for status in STATUSES:
        tone: Tone = getattr(theme, status)
        rules += [
            f".ml .{status} .box{{stroke:{tone.accent};fill:{tone.fill}}}",
            f".ml .{status} .dot{{fill:{tone.accent}}}",
            f".ml .{status} .ring{{stroke:{tone.accent}}}",
        ]
    rules.append(f".ml .var .box,.ml .ref .box,.ml .chip .box{{fill:{theme.var_fill}}}")
    return "\n".join(rules) + "\n"


def style_sheet(theme: ThemeName) -> str:
    """Return the style sheet of a picture; ``"auto"`` follows the reader's system."""
    if theme == "dark":
        return _SHAPES + _colours(DARK) + _FORCED
    light = _SHAPES + _colours(LIGHT)
    if theme == "light":
        return light + _FORCED
    return f"{light}@media (prefers-color-scheme:dark){{\n{_colours(DARK)}}}\n{_FORCED}"
