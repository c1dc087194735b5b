"""A report as one HTML file, which needs no network and lets nothing run but its own script.

Owns the frame of the page, its policy, and what a reader without scripts sees.
The rest is drawn by `js/src/report.ts` out of the data in the page. All text of
the frame is untrusted: here it is escaped, there it only ever becomes text.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import msgspec

from mandala_lab.model.errors import StoreError
from mandala_lab.render.svg import scene_to_svg
from mandala_lab.render.text_width import clean
from mandala_lab.render.theme import style_sheet
from mandala_lab.schema.report import Report, ReportSummary

_STATIC = Path(__file__).parent / "static"
_ENDS = ("</script", "<!--", "</style")
"""What would end, or open anew, a script or a style sheet in a page."""


def to_html(report: Report, note: str = "") -> str:
    """Return the page of a report, with a note below the summary if there is one.

    Raises
    ------
    StoreError
        When the script of pages was not built with this installation.
    """
    script, style = _part("report.js"), _part("report.css")
    picture = scene_to_svg(report.scene, title=report.title)
    title = _text(report.title)
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy(script, style)}">',
            '<meta name="referrer" content="no-referrer">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="generator" content="mandala-lab">',
            '<link rel="icon" href="data:,">',
            f"<title>{title}</title>",
            f"<style>{style}</style>",
            "</head>",
            '<body class="mandala mandala-report">',
            f'<header class="mandala-report-head"><h1>{title}</h1>',
            _summary(report.summary),
            *([f'<p class="mandala-note">{_text(note)}</p>'] if note else []),
            "</header>",
            '<main id="report">',
            f'<div class="mandala-report-still">{picture}</div>',
            '<noscript><p class="mandala-note">Search, details and the table need JavaScript.</p></noscript>',
            "</main>",
            f'<script type="application/json" id="data">{embedded(report)}</script>',
            f"<script>{script}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def embedded(report: Report) -> str:
    """Return the data as JSON that can stand in a page: ASCII, and with no ``<``."""
    return json.dumps(msgspec.to_builtins(report), separators=(",", ":")).replace("<", "\\u003c")


def _policy(script: str, style: str) -> str:
    """Return what the page may do: draw itself, with this script and these style sheets."""
    styles = " ".join(_hash(one) for one in (style, f"\n{style_sheet('auto')}"))
    return (
        f"default-src 'none'; style-src {styles}; script-src {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _part(name: str) -> str:
    try:
        text = (_STATIC / name).read_text(encoding="utf-8").replace("\r\n", "\n").strip()
    except OSError as error:
        raise StoreError(f"{name} of HTML reports is missing in this installation: run npm run build:report") from error
    assert not any(end in text.lower() for end in _ENDS), f"{name} cannot stand in a page"
    return text


def _text(text: str) -> str:
    return escape(clean(text), {'"': "&quot;", "'": "&#39;"})


def _summary(found: ReportSummary) -> str:
    rows = summary_rows(found)
    cells = "".join(f"<div><dt>{_text(name)}</dt><dd>{_text(text)}</dd></div>" for name, text in rows)
    return f'<dl class="mandala-stats">{cells}</dl>'


def summary_rows(found: ReportSummary) -> list[tuple[str, str]]:
    """Return the summary as pairs of name and text."""
    return [
        ("Store", found.store),
        ("Exported", time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(found.exported_s))),
        ("Operations", f"{found.operations:,}"),
        ("Variables", f"{found.variables:,}"),
        ("Calls", f"{found.calls:,}"),
        ("Values", f"{found.refs:,}"),
        ("Failed", f"{found.failed:,}"),
        ("Time of calls", f"{float(f'{found.took_s:.3g}'):,} s"),
    ]
