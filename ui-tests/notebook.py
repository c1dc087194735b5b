"""Drives a notebook in JupyterLab the way a person does, through the exposed app."""

from __future__ import annotations

import secrets

import nbformat
from conftest import Lab  # noqa: TC002 - read at run time by pytest
from playwright.sync_api import Locator, Page, expect

PANEL = "[id='mandala:panel']"

CALLS_SHOWN = """() => {
    const head = document.querySelector("[id='mandala:panel'] .mandala-store");
    const found = head?.textContent.match(/([0-9]+) calls?/);
    return found ? Number(found[1]) : 0;
}"""


def open_notebook(page: Page, lab: Lab, name: str) -> None:
    """Open a notebook and the panel, and wait for the kernel."""
    workspace = secrets.token_hex(4)  # of its own, so that nothing is restored from another test
    page.goto(f"{lab.url}/lab/workspaces/{workspace}/tree/{name}?token={lab.token}")
    page.locator(".jp-NotebookPanel").wait_for()
    wait_for_kernel(page)
    show_panel(page)


def wait_for_kernel(page: Page) -> None:
    """Wait until the notebook in front is loaded and its kernel answers."""
    page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext !== undefined", timeout=60_000)
    page.evaluate(
        """async () => {
            const notebook = window.jupyterapp.shell.currentWidget;
            await notebook.context.ready;
            await notebook.sessionContext.ready;
            await notebook.sessionContext.session.kernel.info;
        }"""
    )


def show_panel(page: Page) -> Locator:
    """Bring the panel to the front and return it."""
    page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('mandala:show-panel')")
    page.evaluate("() => window.jupyterapp.commands.execute('mandala:show-panel')")
    panel = page.locator(PANEL)
    expect(panel).to_be_visible()
    return panel


def write_notebook(lab: Lab, name: str, cells: list[str]) -> None:
    """Put a notebook of code cells where JupyterLab serves it."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    nbformat.write(book, lab.folder / name)


def start_cell(page: Page, index: int) -> None:
    """Run a cell and return at once; cells are chosen in the model, since the page detaches them."""
    page.evaluate(
        """index => {
            const app = window.jupyterapp;
            app.shell.currentWidget.content.activeCellIndex = index;
            app.shell.currentWidget.content.deselectAll();
            void app.commands.execute('notebook:run-cell');
        }""",
        index,
    )


def wait_for_cell(page: Page, index: int, timeout_s: float = 120) -> None:
    """Wait until a cell has an execution count: the only sure sign that it ran."""
    page.wait_for_function(
        """index => {
            const cell = window.jupyterapp.shell.currentWidget.content.model.cells.get(index);
            return cell.executionCount !== null && cell.executionState !== 'running';
        }""",
        arg=index,
        timeout=timeout_s * 1000,
    )


def run_cell(page: Page, index: int, timeout_s: float = 120) -> None:
    """Run a cell to its end."""
    start_cell(page, index)
    wait_for_cell(page, index, timeout_s)


def run_all(page: Page) -> None:
    """Run every code cell, one after the other."""
    for index in code_cells(page):
        run_cell(page, index)


def evaluate(page: Page, code: str) -> str:
    """Run code in the kernel of the notebook in front and return what it printed."""
    return str(
        page.evaluate(
            """async code => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({ code, store_history: false });
                let text = '';
                future.onIOPub = message => {
                    text += message.header.msg_type === 'stream' ? message.content.text : '';
                };
                const reply = await future.done;
                return reply.content.status === 'ok' ? text : `${reply.content.ename}: ${reply.content.evalue}`;
            }""",
            code,
        )
    ).strip()


def code_cells(page: Page) -> list[int]:
    """Return the indices of the code cells."""
    return page.evaluate(
        """() => Array.from(window.jupyterapp.shell.currentWidget.content.model.cells)
            .map((cell, index) => cell.type === 'code' ? index : -1).filter(index => index >= 0)"""
    )


def node(page: Page, kind: str, name: str) -> Locator:
    """Return the node called `name` in the panel's graph; `kind` is ``"operation"`` or ``"variable"``."""
    return page.locator(f"{PANEL} [role='graphics-symbol'][aria-label^='{kind} {name},']")


def stored_calls(page: Page) -> int:
    """Return the number of calls that the panel's head line shows; 0 while it shows none."""
    return int(page.evaluate(CALLS_SHOWN))


def set_theme(page: Page, name: str) -> None:
    """Switch JupyterLab's theme and wait until it is applied."""
    page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name)
    wanted = "false" if "Dark" in name else "true"
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", wanted)
    page.locator("#jupyterlab-splash").wait_for(state="detached")


def widen_panel(page: Page, by: int) -> None:
    """Drag the panel's left border, as a person does."""
    box = page.locator(PANEL).bounding_box()
    assert box is not None
    border, middle = box["x"] - 2, box["y"] + box["height"] / 2
    page.mouse.move(border, middle)
    page.mouse.down()
    page.mouse.move(border - by, middle, steps=8)
    page.mouse.up()
