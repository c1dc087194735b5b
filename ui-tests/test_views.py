"""What the panel shows of a frame, as its reader asks: selections, open nodes, folded sides, chips."""

from __future__ import annotations

import re

from conftest import OUTPUT, Lab
from notebook import (
    CALLS_SHOWN,
    PANEL,
    node,
    open_notebook,
    run_all,
    run_cell,
    set_theme,
    show_panel,
    start_cell,
    widen_panel,
    write_notebook,
)
from playwright.sync_api import Locator, Page, expect

CELL_RUNS = "window.jupyterapp.shell.currentWidget.content.widgets[index].node.innerText.includes('[*]')"
INSPECTOR = f"{PANEL} .mandala-inspector"
HOSTILE = "<img src=x onerror=alert(1)>&quot;</text>"

STUDY = f"""%load_ext mandala_lab
%mandala on NAME.db
import time
from mandala_lab import op
@op(output_names=["config"])
def settings(folds):
    return {{"folds": folds}}
@op(output_names=["rows"])
def load(path, config):
    return len(path)
@op(output_names=["clean_rows"])
def clean(rows, config):
    return rows * 2
@op(output_names=["features"])
def featurize(clean_rows, config):
    return clean_rows + 1
@op(output_names=["model"])
def train(features, lr, config):
    if lr == 7:
        raise ValueError({HOSTILE!r})
    return features * lr
@op(output_names=["score"])
def evaluate(model, config):
    return model / 10
@op(output_names=["text"])
def tell(score, config):
    return "score " + str(score)
@op(output_names=["page"])
def publish(text, config):
    return text.upper()
@op(output_names=["waited"])
def wait(n):
    time.sleep(0.05)
    return n"""

RUN = """config = settings(5)
features = featurize(clean(load("data.csv", config), config), config)
for lr in range(60):
    try:
        model = train(features, lr, config)
    except ValueError:
        continue
publish(tell(evaluate(model, config), config), config)"""


def study(page: Page, lab: Lab, name: str, *more: str) -> None:
    """Open a notebook with a study of eight operations, and run it but for the last cells."""
    write_notebook(lab, f"{name}.ipynb", [STUDY.replace("NAME", name), RUN, *more])
    open_notebook(page, lab, f"{name}.ipynb")
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    widen_panel(page, 260)
    for index in (0, 1):
        run_cell(page, index)
    expect(node(page, "operation", "publish")).to_be_visible()


def field(page: Page) -> Locator:
    return page.locator(f"{PANEL} .mandala-view input")


def select(page: Page, selection: str) -> None:
    field(page).fill(selection)
    field(page).press("Enter")


def action(page: Page, name: str | re.Pattern[str]) -> Locator:
    return page.locator(f"{PANEL} .mandala-node-actions").get_by_role("button", name=name)


def nodes(page: Page, kind: str) -> Locator:
    return page.locator(f"{PANEL} .mandala-node.mandala-{kind}")


def centre(of: Locator) -> tuple[float, float]:
    box = of.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def picture(page: Page, name: str) -> None:
    page.screenshot(path=OUTPUT / f"views-{name}.png")


def test_a_selection_filters_and_a_wrong_one_says_why(page: Page, lab: Lab) -> None:
    study(page, lab, "selects")
    picture(page, "whole")
    select(page, "+features")
    expect(node(page, "operation", "train")).to_have_count(0)
    expect(node(page, "operation", "load")).to_be_visible()
    state = page.locator(f"{PANEL} .mandala-view-state")
    expect(state).to_contain_text("4 of 67 calls")
    picture(page, "selection")
    select(page, "+featurs")
    problem = page.locator(f"{PANEL} .mandala-view-problem")
    expect(problem).to_have_text("no node of the frame is called 'featurs'; did you mean 'features'?")
    expect(field(page)).to_have_value("+featurs")
    expect(node(page, "operation", "load")).to_be_visible()
    picture(page, "wrong")
    select(page, "<img/src=x/onerror=alert(1)>,x")
    expect(problem).to_contain_text("onerror")
    expect(problem.locator("*")).to_have_count(0)
    select(page, "status:error")
    expect(state).to_contain_text("1 of 67 calls")
    expect(node(page, "operation", "train").locator(".mandala-detail")).to_have_text("1 call · 1 failed")
    page.reload()
    expect(state).to_contain_text("1 of 67 calls", timeout=60_000)
    expect(field(page)).to_have_value("status:error")
    state.get_by_role("button", name="Show all").click()
    expect(node(page, "operation", "publish")).to_have_count(1)
    expect(field(page)).to_have_value("")


def test_a_selection_keeps_applying_while_a_cell_runs(page: Page, lab: Lab) -> None:
    study(page, lab, "busy-view", "for n in range(400):\n    wait(n)")
    start_cell(page, 2)
    page.wait_for_function(f"() => ({CALLS_SHOWN})() >= 70")
    select(page, "op:wait")
    expect(node(page, "operation", "train")).to_have_count(0)
    waits = node(page, "operation", "wait")
    expect(waits).to_be_visible()
    seen = int(re.findall(r"\d+", str(waits.get_attribute("aria-label")))[0])
    page.wait_for_function(
        "seen => Number(document.querySelector(\"[aria-label^='operation wait,']\").textContent"
        ".match(/(\\d+) calls/)[1]) > seen",
        arg=seen,
    )
    expect(nodes(page, "op")).to_have_count(1)
    waits.click()
    action(page, re.compile("Open its")).click()
    expect(nodes(page, "call").first).to_be_visible()
    assert page.evaluate(f"index => {CELL_RUNS}", 2), "the answers came after the cell"
    nodes(page, "call").first.press("Enter")
    expect(page.locator(INSPECTOR)).to_contain_text("Inputs")
    assert page.evaluate(f"index => {CELL_RUNS}", 2), "the answer came after the cell"
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")


def test_an_operation_opens_into_its_calls_and_closes(page: Page, lab: Lab) -> None:
    study(page, lab, "opens")
    train = node(page, "operation", "train")
    train.click()
    expect(action(page, "Open its 60 calls")).to_be_visible()
    before = centre(train)
    picture(page, "chosen")
    action(page, "Open its 60 calls").click()
    expect(nodes(page, "call")).to_have_count(12)
    expect(train).to_have_count(0)
    expect(nodes(page, "more")).to_have_attribute("aria-label", re.compile(r"^48 more, train · 1 failed"))
    expect(page.locator(f"{PANEL} .mandala-view-state")).to_contain_text("1 open")
    expect(action(page, "Close train")).to_be_focused()
    near = page.evaluate(
        """([x, y]) => Math.min(...[...document.querySelectorAll(".mandala-call .mandala-box")].map(one => {
            const box = one.getBoundingClientRect();
            return Math.hypot(box.x + box.width / 2 - x, box.y + box.height / 2 - y);
        }))""",
        list(before),
    )
    assert near < 3, "no call stands where the operation stood"
    picture(page, "open")
    one = page.locator(f"{PANEL} [aria-label^='call lr=55,']")
    page.evaluate("() => window.jupyterapp.commands.execute('mandala:fit')")
    picture(page, "open-fit")
    one.click()
    expect(page.locator(INSPECTOR)).to_contain_text("Inputs")
    picture(page, "call")
    action(page, "Close train").click()
    expect(train).to_be_visible()
    expect(nodes(page, "call")).to_have_count(0)
    expect(page.locator(INSPECTOR)).to_contain_text("def train")


def test_all_of_it_goes_by_keyboard(page: Page, lab: Lab) -> None:
    study(page, lab, "keys")
    score = node(page, "variable", "model")
    score.focus()
    page.keyboard.press("o")
    expect(nodes(page, "ref").first).to_be_visible()
    focused = page.locator(f"{PANEL} .mandala-node:focus")
    expect(focused).to_have_class(re.compile("mandala-ref"))
    page.keyboard.press("Enter")
    expect(page.locator(INSPECTOR)).to_contain_text("Made by")
    expect(page.locator(INSPECTOR)).to_contain_text("Taken by")
    picture(page, "value")
    focused.press("o")
    expect(nodes(page, "ref")).to_have_count(0)
    expect(score).to_be_focused()
    page.keyboard.press("Enter")
    action(page, "Hide what leads here").focus()
    page.keyboard.press("Enter")
    expect(node(page, "operation", "load")).to_have_count(0)
    expect(score.locator(".mandala-detail")).to_contain_text("hidden")
    expect(action(page, re.compile("Show what leads here"))).to_be_focused()
    for left in nodes(page, "variable").all():
        expect(left).to_be_in_viewport(ratio=1)
    picture(page, "folded")
    page.keyboard.press("Enter")
    expect(node(page, "operation", "load")).to_have_count(1)


def test_a_chip_leads_to_its_variable(page: Page, lab: Lab) -> None:
    study(page, lab, "chips")
    chips = nodes(page, "chip")
    expect(chips.first).to_have_attribute("aria-label", re.compile("^reference to variable config, which stands"))
    chips.last.scroll_into_view_if_needed()
    page.evaluate("() => window.jupyterapp.commands.execute('mandala:fit')")
    picture(page, "chips")
    chips.last.click()
    expect(page.locator(INSPECTOR)).to_contain_text("config")
    expect(node(page, "variable", "config")).to_be_in_viewport()
    expect(node(page, "variable", "config")).to_have_class(re.compile("mandala-selected"))
    picture(page, "chip-chosen")
    page.locator(f"{PANEL} .mandala-tools button").nth(1).click(click_count=4)
    set_theme(page, "JupyterLab Dark")
    picture(page, "dark")
    set_theme(page, "JupyterLab Dark High Contrast")
    picture(page, "high-contrast")
    set_theme(page, "JupyterLab Light")


def test_views_go_without_a_kernel(page: Page, lab: Lab) -> None:
    study(page, lab, "stored")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    expect(page.locator(PANEL)).to_contain_text("As last seen")
    select(page, "status:error")
    expect(page.locator(f"{PANEL} .mandala-view-state")).to_contain_text("1 of 67 calls")
    select(page, "model:x")
    expect(page.locator(f"{PANEL} .mandala-view-problem")).to_contain_text("there is no 'model:'")
    select(page, "op:train")
    node(page, "operation", "train").click()
    action(page, "Open its 60 calls").click()
    expect(nodes(page, "call")).to_have_count(12)


def test_two_windows_have_views_of_their_own(page: Page, lab: Lab) -> None:
    study(page, lab, "two", "train(features, 77, config)")
    select(page, "op:train")
    expect(nodes(page, "op")).to_have_count(1)
    other = page.context.new_page()
    open_notebook(other, lab, "two.ipynb")
    show_panel(other)
    expect(node(other, "operation", "publish")).to_have_count(1)
    select(other, "status:error")
    expect(other.locator(f"{PANEL} .mandala-view-state")).to_contain_text("1 of 67 calls")
    run_cell(page, 2)
    expect(page.locator(f"{PANEL} .mandala-view-state")).to_contain_text("61 of 68 calls")
    expect(other.locator(f"{PANEL} .mandala-view-state")).to_contain_text("1 of 68 calls")
    other.close()


def test_a_widget_in_a_cell_opens_its_nodes(page: Page, lab: Lab) -> None:
    write_notebook(lab, "cell-view.ipynb", [STUDY.replace("NAME", "cell-view"), RUN, "%mandala graph"])
    open_notebook(page, lab, "cell-view.ipynb")
    run_all(page)
    widget = page.locator(".mandala-widget")
    widget.locator("[aria-label^='operation evaluate,']").click()
    widget.get_by_role("button", name="Open its 1 call").click()
    expect(widget.locator(".mandala-call")).to_have_count(1)
    widget.locator(".mandala-view input").fill("+score")
    widget.locator(".mandala-view input").press("Enter")
    expect(widget.locator("[aria-label^='operation tell,']")).to_have_count(0)
    expect(widget.locator(".mandala-call")).to_have_count(1)
    picture(page, "widget")
