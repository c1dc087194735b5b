"""The panel beside the demo notebook, in a real browser, as a person meets it.

Pictures are left in ``output/``; those that the README shows are renewed with
``MANDALA_LAB_UPDATE_GOLDEN=1``.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from conftest import OUTPUT, ROOT, Lab
from notebook import (
    CALLS_SHOWN,
    PANEL,
    code_cells,
    open_notebook,
    set_theme,
    show_panel,
    start_cell,
    stored_calls,
    wait_for_cell,
    wait_for_kernel,
)
from playwright.sync_api import Page, expect

CELL_RUNS = "window.jupyterapp.shell.currentWidget.content.model.cells.get(index).executionState === 'running'"


def test_a_newcomer_is_told_what_to_type(page: Page, lab: Lab) -> None:
    open_notebook(page, lab, "loops.ipynb")
    panel = show_panel(page)
    expect(panel).to_contain_text("%load_ext mandala_lab")
    expect(panel).to_contain_text("%mandala on")
    expect(panel).to_contain_text("from mandala_lab import op")


@pytest.mark.parametrize("notebook", ["digits.ipynb", "loops.ipynb"])
def test_the_graph_grows_is_clicked_and_survives(page: Page, lab: Lab, notebook: str) -> None:
    open_notebook(page, lab, notebook)
    grew_while_running = 0
    for index in code_cells(page):
        before = stored_calls(page)
        start_cell(page, index)
        page.wait_for_function(
            f"([index, before]) => ({CALLS_SHOWN})() > before && {CELL_RUNS} || "
            "window.jupyterapp.shell.currentWidget.content.model.cells.get(index).executionCount !== null "
            f"&& !({CELL_RUNS})",
            arg=[index, before],
            timeout=45_000,
        )
        grew_while_running += page.evaluate(
            f"([index, before]) => ({CALLS_SHOWN})() > before && {CELL_RUNS}", [index, before]
        )
        wait_for_cell(page, index)
    if notebook == "digits.ipynb":
        assert grew_while_running, "the panel showed no new call while a cell ran"
    _click_an_operation_and_a_variable(page)
    _take_pictures(page, notebook.removesuffix(".ipynb"))
    _restart_and_reload(page)


def _click_an_operation_and_a_variable(page: Page) -> None:
    inspector = page.locator(f"{PANEL} .mandala-inspector")
    operation = page.locator(f"{PANEL} .mandala-node.mandala-op").first
    name = str(operation.get_attribute("aria-label")).split(",")[0].removeprefix("operation ")
    operation.click()
    expect(inspector).to_contain_text(name)
    expect(inspector).to_contain_text(f"def {name}")
    expect(inspector.locator("table, .mandala-scroll").first).to_be_visible()
    page.evaluate("() => window.jupyterapp.commands.execute('mandala:fit')")
    variable = page.locator(f"{PANEL} .mandala-node.mandala-var").first
    label = str(variable.get_attribute("aria-label")).split(",")[0].removeprefix("variable ")
    variable.click()
    expect(inspector).to_contain_text(label)
    expect(inspector).to_contain_text("Values")


def _take_pictures(page: Page, name: str) -> None:
    for theme, word in (("JupyterLab Dark", "dark"), ("JupyterLab Light", "light")):
        set_theme(page, theme)
        page.evaluate("() => window.jupyterapp.commands.execute('mandala:fit')")
        picture = OUTPUT / f"{name}-{word}.png"
        page.screenshot(path=picture)
        if os.environ.get("MANDALA_LAB_UPDATE_GOLDEN") and name == "digits":
            images = ROOT / "docs" / "images"
            images.mkdir(exist_ok=True)
            shutil.copy(picture, images / f"panel-{word}.png")
        assert Path(picture).stat().st_size > 0


def _restart_and_reload(page: Page) -> None:
    nodes = page.locator(f"{PANEL} .mandala-node")
    calls = stored_calls(page)
    assert calls > 0
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    expect(page.locator(PANEL)).to_contain_text("As last seen")
    expect(nodes.first).to_be_visible()
    assert stored_calls(page) == calls
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.reload()
    page.locator(".jp-NotebookPanel").wait_for()
    wait_for_kernel(page)
    show_panel(page)
    expect(page.locator(PANEL)).to_contain_text("As last seen")
    expect(nodes.first).to_be_visible()
    assert stored_calls(page) == calls
    page.get_by_role("button", name="Continue recording").click()
    expect(page.locator(f"{PANEL} .mandala-store")).to_contain_text("live")
    expect(nodes.first).to_be_visible()
    assert stored_calls(page) == calls
