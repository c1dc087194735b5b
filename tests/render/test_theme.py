"""Colours: enough contrast in both themes."""

from __future__ import annotations

import re

import pytest

from mandala_lab.render.theme import DARK, LIGHT, STATUSES, style_sheet

THEMES = {"light": LIGHT, "dark": DARK}


def luminance(colour):
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, two):
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def fills(theme):
    return [theme.var_fill, *(getattr(theme, status).fill for status in STATUSES)]


def test_the_measure_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_is_legible_on_every_fill(theme):
    for fill in fills(theme):
        assert contrast(theme.ink, fill) >= 7
        assert contrast(theme.detail, fill) >= 4.5
    assert contrast(theme.edge_label, theme.ground) >= 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_borders_glyphs_and_edges_are_visible(theme):
    assert contrast(theme.edge, theme.ground) >= 3
    for status in STATUSES:
        tone = getattr(theme, status)
        for behind in (theme.ground, theme.var_fill, tone.fill):
            assert contrast(tone.accent, behind) >= 3


def test_each_theme_uses_its_own_colours():
    assert LIGHT.ink in style_sheet("light")
    assert DARK.ink not in style_sheet("light")
    assert LIGHT.ink not in style_sheet("dark")
    assert style_sheet("auto").index(LIGHT.ink) < style_sheet("auto").index(DARK.ink)


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_forced_colours_reach_everything_that_has_a_colour(theme):
    plain, forced = style_sheet(theme).split("@media (forced-colors:active)")
    coloured = {
        (selector.strip(), name)
        for line in plain.split("@media")[0].splitlines()
        for selectors, rules in re.findall(r"([^{}]+){([^{}]*)}", line)
        for selector in selectors.split(",")
        for name, value in re.findall(r"(fill|stroke):(#\w+)", rules)
    }
    told = {
        (selector.strip(), name)
        for selectors, rules in re.findall(r"([^{}]+){([^{}]*)}", forced)
        for selector in selectors.split(",")
        for name, _ in re.findall(r"(fill|stroke):(\w+)", rules)
    }
    # Signs are drawn either as a filled dot or as a ring: see `GLYPHS`; that of a chip always is a ring.
    unused = {(f".ml .{status} .dot", "fill") for status in ("computed", "error", "earlier")}
    assert coloured - unused <= told


def test_status_is_told_by_the_border_too():
    assert "stroke-dasharray" in style_sheet("light")
    assert re.search(r"\.error \.box{stroke-width:2\.6}", style_sheet("light"))
