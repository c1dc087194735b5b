"""Frames in cells: alive with a kernel, and a picture without one."""

from __future__ import annotations

import json

import nbformat
from conftest import OUTPUT, Lab
from notebook import evaluate, open_notebook, run_all, run_cell, wait_for_kernel, write_notebook
from playwright.sync_api import Page, expect

SETUP = """%load_ext mandala_lab
%mandala on NAME.db
from mandala_lab import op
@op(output_names=["doubled"])
def double(x):
    return 2 * x
double(21)"""
SHOWN = """from mandala_lab.widget import FrameWidget
frame = %mandala graph
widget = FrameWidget(frame)
clicks = []
widget.observe(lambda change: clicks.append(change["new"]), "selected")
widget"""


def test_a_click_in_a_cell_reaches_python_and_back(page: Page, lab: Lab) -> None:
    write_notebook(lab, "widget.ipynb", [SETUP.replace("NAME", "widget"), SHOWN])
    open_notebook(page, lab, "widget.ipynb")
    run_all(page)
    output = page.locator(".jp-NotebookPanel .jp-OutputArea-output").last
    picked = output.locator("[data-id='op:double']")
    picked.click()
    expect(output).to_contain_text("def double")
    page.wait_for_function("() => document.querySelector('.jp-OutputArea-output .mandala-selected') !== null")
    assert evaluate(page, "print(widget.selected, clicks)") == "op:double ['op:double']"
    evaluate(page, "widget.selected = 'var:doubled'")
    expect(output.locator("[data-id='var:doubled']")).to_have_attribute("aria-current", "true")
    expect(output).to_contain_text("42")
    assert "is not a node" in evaluate(page, "widget.selected = 'op:duoble'")
    page.screenshot(path=OUTPUT / "cell-widget.png")


def test_a_displayed_frame_is_live_with_its_kernel_and_a_picture_without(page: Page, lab: Lab) -> None:
    write_notebook(lab, "shown.ipynb", [SETUP.replace("NAME", "shown"), "%mandala graph"])
    open_notebook(page, lab, "shown.ipynb")
    run_cell(page, 0)
    run_cell(page, 1)
    output = page.locator(".jp-NotebookPanel .jp-OutputArea-output").last
    expect(output.locator(".mandala-widget [data-id='op:double']")).to_be_visible()
    output.locator(".mandala-widget [data-id='op:double']").click()
    expect(output).to_contain_text("def double")
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.shutdown()")
    page.reload()
    page.locator(".jp-NotebookPanel").wait_for()
    wait_for_kernel(page)
    expect(page.locator(".jp-NotebookPanel .mandala-output [data-id='op:double']")).to_be_visible()


def test_an_untrusted_notebook_with_no_kernel_shows_the_picture_and_runs_nothing(page: Page, lab: Lab) -> None:
    hostile = "<img src=x onerror='window.pwned=1'>"
    box = {"x": 0, "y": 0, "w": 300, "h": 40, "detail": hostile, "status": "computed"}
    counts = {"total": 1, "computed": 1, "cached": 0, "error": 0}
    scene = {"version": 1, "width": 300, "height": 40, "edges": []}
    scene["nodes"] = [{"id": "op:evil", "kind": "op", "label": hostile, "counts": counts, **box}]
    data = {"application/vnd.mandala-lab.frame+json": scene, "text/plain": "Frame"}
    output = nbformat.v4.new_output("display_data", data=data)
    cell = nbformat.v4.new_code_cell("frame", outputs=[output])
    book = nbformat.v4.new_notebook(cells=[cell])
    book.metadata["kernelspec"] = {"name": "no-such-kernel", "display_name": "gone"}
    (lab.folder / "foreign.ipynb").write_text(json.dumps(book))
    page.goto(f"{lab.url}/lab/workspaces/foreign/tree/foreign.ipynb?token={lab.token}")
    drawn = page.locator(".jp-NotebookPanel .mandala-output [data-id='op:evil']")
    expect(drawn).to_be_visible()
    expect(drawn).to_contain_text("<img src=x")
    assert page.evaluate("() => window.pwned") is None
