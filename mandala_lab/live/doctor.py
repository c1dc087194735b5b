"""What an installation lacks, and what to do about it."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

_PACKAGES = ("mandala-lab", "ipykernel", "anywidget", "ipywidgets", "jupyterlab", "sqlalchemy", "pandas", "pyarrow")


def examine(*, has_kernel: bool) -> list[str]:
    """Return one line for each part: ``ok`` or ``missing``, with the next step."""
    lines = [f"Python {sys.version.split()[0]}, kernel: {'yes' if has_kernel else 'no: a terminal has no panel'}"]
    for name in _PACKAGES:
        try:
            lines.append(f"ok       {name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            where = (
                "where JupyterLab runs, which may be elsewhere" if name == "jupyterlab" else "where this kernel runs"
            )
            lines.append(f"missing  {name}: pip install {name} {where}")
    shared = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "mandala-lab" / "package.json"
    widget = Path(__file__).parent.parent / "widget" / "static" / "widget.js"
    for what, file in (("files of the panel", shared), ("files of the widget", widget)):
        found = file.is_file()
        lines.append(f"ok       {what}" if found else f"missing  {what}: {file}; install the wheel, or build with npm")
    return lines
