"""The example notebooks run from top to bottom, and compute nothing the second time."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(place: Path) -> tuple[int, int, int]:
    """Run a notebook in its folder; return how many calls its status line says were computed, cached, failed."""
    book = nbformat.read(place, as_version=4)
    NotebookClient(book, timeout=300, resources={"metadata": {"path": str(place.parent)}}).execute()
    status = next(cell for cell in book.cells if cell.source.startswith("%mandala status"))
    text = "".join(output.get("text", "") for output in status.outputs)
    found = re.search(r"this session: (\d+) computed .* (\d+) cached, (\d+) failed, .* s saved", text)
    assert found is not None, text
    return int(found[1]), int(found[2]), int(found[3])


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("name", "computed", "failed"), [("digits", 34, 0), ("loops", 222, 1)])
def test_the_second_run_computes_nothing_and_says_so(tmp_path, name, computed, failed):
    place = tmp_path / f"{name}.ipynb"
    shutil.copy(EXAMPLES / place.name, place)
    assert run(place)[::2] == (computed, failed)
    again = run(place)
    assert again[::2] == (0, failed)
    assert again[1] > 0
    assert ET.parse(tmp_path / f"{name}.svg").getroot().tag.endswith("svg")
