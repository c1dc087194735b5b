"""What is left of a frame in a saved notebook: a picture for whoever opens it, with no kernel and no network."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from mandala_lab.schema.scene import SCENE_MIME

CELLS = [
    "%load_ext mandala_lab\n%mandala on saved.db",
    "from mandala_lab import op\n@op(output_names=['y'])\ndef double(x):\n    return 2 * x\ndouble(21)",
    "%mandala graph",
]


@pytest.fixture
def notebook(tmp_path):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    return book


@pytest.mark.filterwarnings("default")
def test_a_saved_frame_is_a_picture_everywhere(notebook):
    output = notebook.cells[-1].outputs[-1]
    assert output.data["image/svg+xml"].startswith("<svg")
    assert {node["id"] for node in output.data[SCENE_MIME]["nodes"]} == {"op:double", "var:x", "var:y"}
    assert "1 operation with 1 call, 2 variables with 2 refs" in output.data["text/plain"]
    assert output.metadata[SCENE_MIME]["widget"]["model_id"]  # for a page with the kernel behind it
    for sanitize in (False, True):
        page, _ = HTMLExporter(sanitize_html=sanitize).from_notebook_node(notebook)
        assert re.search(r"<svg|image/svg\+xml;base64", page)
        assert '<script type="application/vnd.jupyter.widget-view+json"' not in page
