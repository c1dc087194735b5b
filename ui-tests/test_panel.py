"""The panel beside a notebook, in a real browser, as a person meets it.

Pictures are left in ``output/``; those that the README shows are renewed with
``MANDALA_LAB_UPDATE_GOLDEN=1``.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from conftest import OUTPUT, ROOT, Lab
from notebook import (
    CALLS_SHOWN,
    PANEL,
    code_cells,
    evaluate,
    node,
    open_notebook,
    run_all,
    run_cell,
    set_theme,
    show_panel,
    start_cell,
    stored_calls,
    wait_for_cell,
    wait_for_kernel,
    widen_panel,
    write_notebook,
)
from playwright.sync_api import Page, expect

CELL_RUNS = "window.jupyterapp.shell.currentWidget.content.widgets[index].node.innerText.includes('[*]')"
INSPECTOR = f"{PANEL} .mandala-inspector"
HEAD = f"{PANEL} .mandala-store"

SETUP = """%load_ext mandala_lab
%mandala on NAME.db
import time
from mandala_lab import op
@op(output_names=["doubled"])
def double(x):
    return 2 * x
@op(output_names=["text"])
def tell(doubled):
    return f"it is {doubled}"
@op(output_names=["waited"])
def wait(n):
    time.sleep(0.05)
    return n"""


def test_a_newcomer_is_told_what_to_type(page: Page, lab: Lab) -> None:
    open_notebook(page, lab, "loops.ipynb")
    panel = show_panel(page)
    expect(panel).to_contain_text("%load_ext mandala_lab")
    expect(panel).to_contain_text("%mandala on")
    expect(panel).to_contain_text("from mandala_lab import op")
    assert "UNKNOWN CONTROL MESSAGE" not in (OUTPUT / "jupyterlab.log").read_text()


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
    _click_a_variable_and_an_operation(page)
    _take_pictures(page, notebook.removesuffix(".ipynb"))
    _restart_and_reload(page)


def _click_a_variable_and_an_operation(page: Page) -> None:
    inspector = page.locator(INSPECTOR)
    page.evaluate("() => window.jupyterapp.commands.execute('mandala:fit')")
    variable = page.locator(f"{PANEL} .mandala-node.mandala-var").first
    label = str(variable.get_attribute("aria-label")).split(",")[0].removeprefix("variable ")
    variable.click()
    expect(inspector).to_contain_text(label)
    expect(inspector).to_contain_text("Values")
    page.evaluate("() => window.jupyterapp.commands.execute('mandala:fit')")
    operation = page.locator(f"{PANEL} .mandala-node.mandala-op").nth(3)
    name = str(operation.get_attribute("aria-label")).split(",")[0].removeprefix("operation ")
    operation.click()
    expect(inspector).to_contain_text(f"def {name}")
    expect(inspector.locator("table, .mandala-scroll").first).to_be_visible()


def _give_the_graph_more_room(page: Page) -> None:
    border = page.locator(f"{PANEL} [role='separator']")
    border.focus()
    for _ in range(4):
        border.press("ArrowDown")
    border.blur()


def _take_pictures(page: Page, name: str) -> None:
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    widen_panel(page, 320)
    _give_the_graph_more_room(page)
    page.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(4, 'start')")
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
    nodes.first.click()  # what was recorded can be looked into with no kernel that records
    expect(page.locator(INSPECTOR)).to_contain_text(re.compile("Calls|Values"))
    page.get_by_role("button", name="Continue recording").click()
    expect(page.locator(HEAD)).to_contain_text("live")
    expect(nodes.first).to_be_visible()
    assert stored_calls(page) == calls


def test_the_panel_follows_the_notebook_in_front(page: Page, lab: Lab) -> None:
    for name, number in (("one", 1), ("two", 2)):
        write_notebook(lab, f"{name}.ipynb", [SETUP.replace("NAME", name), f"double({number})"])
    open_notebook(page, lab, "one.ipynb")
    run_all(page)
    expect(page.locator(HEAD)).to_contain_text("one.db")
    expect(node(page, "operation", "double")).to_be_visible()
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:open', {path: 'two.ipynb'})")
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context?.path === 'two.ipynb'")
    wait_for_kernel(page)
    expect(page.locator(PANEL)).to_contain_text("Nothing is recorded yet")
    run_cell(page, 0)
    expect(page.locator(HEAD)).to_contain_text("two.db")
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:open', {path: 'one.ipynb'})")
    expect(page.locator(HEAD)).to_contain_text("one.db")
    expect(page.locator(HEAD)).to_contain_text("live")
    expect(node(page, "operation", "double")).to_be_visible()
    evaluate(page, "%mandala off")
    expect(page.locator(HEAD)).to_contain_text("as last seen")


def test_recording_again_or_elsewhere_shows_what_is_recorded_now(page: Page, lab: Lab) -> None:
    other = "@op\ndef triple(x):\n    return 3 * x\ntriple(1)"
    cells = [SETUP.replace("NAME", "first"), "double(1)", "%mandala on second.db", other]
    write_notebook(lab, "again.ipynb", cells)
    open_notebook(page, lab, "again.ipynb")
    run_cell(page, 0)
    run_cell(page, 1)
    expect(page.locator(HEAD)).to_contain_text("1 computed")
    run_cell(page, 0)  # the same store again
    run_cell(page, 1)
    expect(page.locator(HEAD)).to_contain_text("1 cached")
    run_cell(page, 2)
    run_cell(page, 3)
    expect(page.locator(HEAD)).to_contain_text("second.db")
    expect(node(page, "operation", "triple")).to_be_visible()
    expect(node(page, "operation", "double")).to_have_count(0)


def test_a_long_chain_is_in_view_and_its_counts_are_whole(page: Page, lab: Lab) -> None:
    chain = (
        "def make(i):\n    @op(name=f'step_{i}', output_names=[f'out_{i}'])\n    def step(x, alpha, beta):\n"
        "        return x + i\n    return step\nvalue = 1\nsteps = [make(i) for i in range(40)]\n"
        "for i in range(40):\n    value = steps[i](value, i, 'b')\n"
        "for _ in range(25):\n    value = steps[0](1, 0, 'b')"
    )
    write_notebook(lab, "chain.ipynb", [SETUP.replace("NAME", "chain"), chain])
    open_notebook(page, lab, "chain.ipynb")
    run_all(page)
    first = node(page, "operation", "step_0")
    expect(page.locator(HEAD)).to_contain_text("25 cached")
    expect(first).to_be_in_viewport()
    expect(first.locator(".mandala-detail")).to_have_text("1 call · 25 cached")
    page.screenshot(path=OUTPUT / "chain.png")


def test_a_failed_op_is_red_with_a_cross_and_shows_its_traceback(page: Page, lab: Lab) -> None:
    cell = "@op\ndef divide(a, b):\n    return a / b\ntry:\n    divide(1, 0)\nexcept ZeroDivisionError:\n    pass"
    write_notebook(lab, "fails.ipynb", [SETUP.replace("NAME", "fails"), cell])
    open_notebook(page, lab, "fails.ipynb")
    run_all(page)
    failed = node(page, "operation", "divide")
    expect(failed).to_have_attribute("aria-label", re.compile("error"))
    expect(failed.locator(".mandala-glyph-error")).to_be_visible()
    stroke = failed.locator(".mandala-box").evaluate("element => getComputedStyle(element).stroke")
    red, green, blue = map(int, re.findall(r"\d+", stroke)[:3])
    assert red > 1.5 * max(green, blue), stroke
    failed.click()
    expect(page.locator(f"{INSPECTOR} .mandala-badge-error")).to_be_visible()
    page.locator(f"{INSPECTOR} .mandala-calls button").first.click()
    expect(page.locator(INSPECTOR)).to_contain_text("ZeroDivisionError: division by zero")
    expect(page.locator(INSPECTOR)).to_contain_text("in divide")


def test_a_replay_with_another_argument(page: Page, lab: Lab) -> None:
    write_notebook(lab, "replay.ipynb", [SETUP.replace("NAME", "replay"), "tell(double(21)).value"])
    open_notebook(page, lab, "replay.ipynb")
    run_all(page)
    node(page, "operation", "double").click()
    page.locator(f"{INSPECTOR} .mandala-calls button").first.click()
    inspector = page.locator(INSPECTOR)
    field = inspector.locator("input[name='x']")
    expect(field).to_have_value("21")
    field.fill("twenty")
    inspector.get_by_role("button", name="Run").click()
    expect(inspector).to_contain_text("not a Python literal")
    field.fill("50")
    inspector.get_by_label("Scope").select_option("downstream")
    inspector.get_by_role("button", name="Run").click()
    expect(inspector).to_contain_text("The result changed")
    expect(inspector).to_contain_text("'it is 42'")
    expect(inspector).to_contain_text("'it is 100'")
    expect(inspector.locator("figure svg")).to_have_count(2)
    assert evaluate(page, "print(tell(double(21)).value)") == "it is 42"


def test_it_answers_while_a_cell_runs(page: Page, lab: Lab) -> None:
    write_notebook(lab, "busy.ipynb", [SETUP.replace("NAME", "busy"), "for n in range(200):\n    wait(n)"])
    open_notebook(page, lab, "busy.ipynb")
    run_cell(page, 0)
    start_cell(page, 1)
    page.wait_for_function(f"() => ({CALLS_SHOWN})() >= 5")
    node(page, "operation", "wait").click()
    expect(page.locator(INSPECTOR)).to_contain_text("def wait")
    assert page.evaluate(f"index => {CELL_RUNS}", 1), "the answer came after the cell"
    page.reload()
    page.locator(".jp-NotebookPanel").wait_for()
    show_panel(page)
    expect(node(page, "operation", "wait")).to_be_visible()
    expect(page.locator(HEAD)).to_contain_text("live")
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")
