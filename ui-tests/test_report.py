"""Exported pages and pictures in a real browser: what they do, what they ask for, and whether all can use them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import OUTPUT, ROOT
from playwright.sync_api import Browser, Page, expect

sys.path.insert(0, str(ROOT / "tests" / "report"))
from hostile import HOSTILE, hostile_frame

from mandala_lab import Storage, op

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


@op(output_names=["data"])
def load(path, seed):
    """Read a table."""
    return [seed, len(path)]


@op(output_names=["train", "test"])
def split(data, share):
    return data[: int(2 * share)], data[int(2 * share) :]


@op(output_names=["model"])
def fit(train, alpha):
    if alpha < 0:
        raise ValueError(f"alpha is {alpha}")
    return [alpha * one for one in train]


@op(output_names=["score"])
def evaluate(model, test):
    return sum(model) + sum(test)


def frame_of(storage):
    with storage:
        train, test = split(load("a.csv", 3), 0.5)
        for alpha in range(1, 60):
            evaluate(fit(train, alpha / 10), test)
        with pytest.raises(ValueError, match="alpha is"):
            fit(train, -1)
    return storage.cf()


@dataclass
class Watched:
    """A page, and what happened in it."""

    page: Page
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def open(self, place: Path) -> Page:
        self.page.goto(place.resolve().as_uri())
        return self.page

    def assert_quiet(self, place: Path) -> None:
        assert set(self.asked) == {place.resolve().as_uri()}
        assert self.said == []
        assert self.page.evaluate("() => window.pwned") is None


@pytest.fixture
def watch(browser: Browser) -> Iterator[type[Watched]]:
    contexts = []

    def make(**options: object) -> Watched:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, **options)
        contexts.append(context)
        watched = Watched(context.new_page())
        context.on("request", lambda request: watched.asked.append(request.url))
        context.on("page", lambda page: watched.said.append(f"opened {page.url}"))
        watched.page.on("console", lambda message: watched.said.append(message.text))
        watched.page.on("pageerror", lambda error: watched.said.append(str(error)))
        watched.page.on("dialog", lambda dialog: (watched.said.append(dialog.message), dialog.dismiss()))
        return watched

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return frame_of(Storage(tmp_path / "digits.db")).save_html(tmp_path / "report.html", title="Digits", values=True)


def transform(page: Page) -> str:
    return page.locator(".mandala-world").get_attribute("transform")


def test_the_graph_moves_zooms_and_can_be_searched(watch, report) -> None:
    watched = watch()
    page = watched.open(report)
    expect(page.get_by_role("heading", level=1)).to_have_text("Digits")
    start = transform(page)
    page.mouse.move(60, 300)
    page.mouse.down()
    page.mouse.move(160, 360)
    page.mouse.up()
    expect(page.locator(".mandala-world")).not_to_have_attribute("transform", start)
    moved = transform(page)
    page.get_by_role("button", name="Zoom in").click()
    expect(page.locator(".mandala-world")).not_to_have_attribute("transform", moved)
    zoomed = transform(page)
    page.keyboard.down("Control")
    page.mouse.move(300, 400)
    page.mouse.wheel(0, 200)
    page.keyboard.up("Control")
    expect(page.locator(".mandala-world")).not_to_have_attribute("transform", zoomed)
    page.get_by_role("button", name="Show the whole graph").click()
    field = page.get_by_role("searchbox")
    field.fill("A")
    expect(page.locator(".mandala-search-count")).to_have_text("7 found")
    field.fill("mod")
    field.press("Enter")
    expect(page.locator(".mandala-search-count")).to_have_text("1 of 1")
    expect(page.locator("[data-id='var:model']")).to_have_attribute("aria-current", "true")
    field.fill("t")
    for step in ("Enter", "Enter", "Shift+Enter", "Shift+Enter"):
        field.press(step)
    expect(page.locator(".mandala-search-count")).to_contain_text(" of ")
    field.fill("nothing of the kind")
    expect(page.locator(".mandala-search-count")).to_have_text("none found")
    watched.assert_quiet(report)


def test_a_click_tells_what_is_behind_a_node_and_sides_fold_away(watch, report) -> None:
    watched = watch()
    page = watched.open(report)
    details = page.get_by_role("region", name="Details")
    page.locator("[data-id='op:fit']").click()
    expect(details).to_contain_text("return [alpha * one for one in train]")
    expect(details).to_contain_text("ValueError: alpha is -1")
    expect(details).to_contain_text("60")
    page.locator("[data-id='op:load']").click()
    expect(details).to_contain_text("Read a table.")
    page.locator("[data-id='var:alpha']").click()
    expect(details).to_contain_text("60 values")
    expect(details).to_contain_text("0.1")
    details.get_by_role("button", name="fit").click()
    hide = details.get_by_role("button", name="Hide what follows")
    hide.click()
    expect(page.locator("[data-id='op:evaluate']")).to_have_count(0)
    expect(page.locator("[data-id='op:fit']")).to_contain_text("hidden")
    expect(details.get_by_role("button", name="Show what follows")).to_be_focused()
    details.get_by_role("button", name="Hide what leads here").press("Enter")
    expect(page.locator(".mandala-node")).to_have_count(2)  # it, and what else the data were split into
    page.get_by_role("searchbox").fill("score")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("[data-id='var:score']")).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="Show everything").click()
    expect(page.locator(".mandala-node")).to_have_count(13)
    watched.assert_quiet(report)


def test_the_table_is_leafed_through_and_all_is_reached_by_keyboard(watch, report) -> None:
    watched = watch()
    page = watched.open(report)
    expect(page.locator(".mandala-histories")).to_contain_text("Rows 1 to 50")
    page.get_by_role("button", name="Later rows").click()
    expect(page.locator(".mandala-histories")).to_contain_text("Rows 51 to 60")
    expect(page.get_by_role("button", name="Later rows")).to_be_disabled()
    page.get_by_role("table").get_by_role("button", name="score").click()
    expect(page.get_by_role("region", name="Details")).to_contain_text("59 values")
    page.reload()
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Tab")  # to the picture
    page.keyboard.press("ArrowDown")
    expect(page.locator(".mandala-node:focus")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".mandala-selected")).to_have_count(1)


def test_without_scripts_the_picture_and_the_summary_are_there(watch, report) -> None:
    page = watch(java_script_enabled=False).open(report)
    expect(page.locator("svg.ml")).to_be_visible()
    expect(page.locator("noscript p")).to_be_visible()
    assert page.locator(".mandala-report-head").inner_text().count("digits.db") == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("values", [True, False])
def test_axe_finds_nothing_serious(browser, tmp_path, scheme, values) -> None:
    place = frame_of(Storage(tmp_path / "digits.db")).save_html(tmp_path / "report.html", values=values)
    context = browser.new_context(bypass_csp=True, color_scheme=scheme, viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        page.goto(place.as_uri())
        page.add_script_tag(path=AXE)
        for chosen in ("", "op:fit", "var:alpha"):
            if chosen:
                page.locator(f"[data-id='{chosen}']").click()
                page.mouse.move(5, 5)
                expect(page.locator(".mandala-dimmed")).to_have_count(0)
            page.evaluate("() => Promise.all(document.getAnimations().map(one => one.finished))")
            found = page.evaluate("() => axe.run()")
            told = [(one["impact"], one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]]
            assert [one for one in told if one[0] in {"serious", "critical"}] == [], told
            assert len(found["passes"]) > 20
            page.screenshot(path=OUTPUT / f"report-{scheme}-{chosen.replace(':', '-') or 'start'}.png", full_page=True)
    finally:
        context.close()


@pytest.mark.parametrize("values", [True, False])
def test_hostile_strings_stay_text_in_a_page(watch, tmp_path, values) -> None:
    frame = hostile_frame(Storage(tmp_path / "hostile.db"))
    place = frame.save_html(tmp_path / "hostile.html", title=HOSTILE[1], values=values, orientation="LR")
    watched = watch()
    page = watched.open(place)
    page.get_by_role("button", name="Show the whole graph").click()
    expect(page.locator(".mandala-node")).to_have_count(184)
    ids = page.eval_on_selector_all(".mandala-node", "nodes => nodes.map(node => node.getAttribute('data-id'))")
    shown = page.locator(".mandala-report-details .mandala-title span")
    for one in ids:
        page.evaluate(
            "id => [...document.querySelectorAll('.mandala-node')].find(node => node.getAttribute('data-id') === id)"
            ".dispatchEvent(new MouseEvent('click', {bubbles: true}))",
            one,
        )
        assert shown.text_content() == one.partition(":")[2]
    page.get_by_role("searchbox").fill("<script>")
    page.get_by_role("searchbox").press("Enter")
    assert page.locator("script, iframe, object, embed, form, base, img, video, foreignObject").count() == 2
    page.screenshot(path=OUTPUT / f"report-hostile-{values}.png", full_page=True)
    watched.assert_quiet(place)


def test_hostile_strings_stay_text_where_nothing_runs_and_in_a_picture(watch, tmp_path) -> None:
    frame = hostile_frame(Storage(tmp_path / "hostile.db"))
    picture = frame.save_svg(tmp_path / "hostile.svg")
    watched = watch()
    page = watched.open(picture)
    assert page.evaluate("() => document.documentElement.tagName") == "svg"
    assert page.evaluate("() => document.querySelectorAll('script, foreignObject, a, image, use').length") == 0
    page.screenshot(path=OUTPUT / "hostile-svg.png")
    watched.assert_quiet(picture)
    place = frame.save_html(tmp_path / "hostile.html", title=HOSTILE[1], values=True)
    page = watch(java_script_enabled=False)
    page.open(place)
    assert page.asked == [place.resolve().as_uri()]
    assert page.said == []


def test_a_large_graph_is_ready_at_once(watch, tmp_path) -> None:
    @op
    def step(x):
        return x + 1

    steps = [op(step.f, name=f"step_{number}", output_names=[f"y_{number}"]) for number in range(400)]
    with Storage(tmp_path / "long.db") as storage:
        made = [0]
        for number, one in enumerate(steps):
            made.append(one(made[number // 3]))
    place = storage.cf().save_html(tmp_path / "large.html")
    watched = watch()
    page = watched.open(place)
    expect(page.locator(".mandala-node").first).to_be_visible()
    page.get_by_role("searchbox").fill("step_399")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("[data-id='op:step_399']")).to_be_visible()
    watched.assert_quiet(place)
