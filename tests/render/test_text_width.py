"""Widths, cleaning and shortening of text."""

from __future__ import annotations

import string

import pytest
from graphs import HOSTILE
from hypothesis import given
from hypothesis import strategies as st

from mandala_lab.model.outline import OutlineNode, var_id
from mandala_lab.render.boxes import LABEL_SIZE, TEXT_LEFT, box_size
from mandala_lab.render.text_width import clean, shorten, text_width

# Advances in em of the faces named; read from the fonts.
FACES = {
    "DejaVu Sans": {"a": 0.613, "i": 0.278, "m": 0.974, "W": 0.989, "_": 0.5, "0": 0.636, "%": 0.95},
    "Arial bold": {"a": 0.556, "i": 0.278, "m": 0.889, "W": 0.944, "_": 0.556, "0": 0.556, "%": 0.889},
    "Arial": {"a": 0.556, "i": 0.222, "m": 0.833, "W": 0.944, "_": 0.556, "0": 0.556, "%": 0.889},
}


@pytest.mark.parametrize("face", FACES)
def test_the_bound_is_never_under_a_face(face):
    for character, width in FACES[face].items():
        assert text_width(character, 1.0) >= width - 1e-3


def test_every_printable_character_has_a_width():
    assert all(0.25 < text_width(c, 1.0) < 1.1 for c in string.ascii_letters + string.digits + string.punctuation)


@pytest.mark.parametrize(("text", "em"), [("数", 1.05), ("é", 0.62), ("Œ", 1.07), ("e\u0301", 0.62), ("😀", 1.37)])
def test_other_scripts_have_room(text, em):
    assert text_width(text, 1.0) >= em


# Widths in em that Chromium told, semibold, in Noto, DejaVu or Liberation.
SCRIPTS = {
    "ΑΒΓ αβγ ΩΨ": 5.8,
    "ЖШЩЮ данные": 9.0,
    "מודל נתונים שלום": 8.03,
    "نتيجة التقييم النهائية بيانات": 10.74,
    "हिन्दी_फ़ंक्शन डेटासेट क्ष": 8.78,
    "தரவுத்தொகுப்பு பௌ": 11.25,
    "ประมวลผลข้อมูล": 6.63,
    "దేటాసమితి": 4.35,
    "ഡാറ്റാസെറ്റ് ശ്രീ": 7.3,
    "දත්ත කට්ටලය": 6.9,
    "데이터세트훈련": 6.44,
    "데데": 1.84,
    "データセットひらがな": 10.0,
    "☀\ufe0f❤\ufe0f✈\ufe0f⚡✅": 6.24,
    "👩\u200d👩\u200d👧": 1.25,
    "﷽": 7.22,
    "⸻": 2.84,
    "𒈙": 4.03,
}


@pytest.mark.parametrize("text", SCRIPTS)
def test_no_script_is_wider_than_its_bound_and_none_is_given_room_for_two(text):
    assert SCRIPTS[text] <= text_width(text, 1.0) <= max(2.3 * SCRIPTS[text], 5.0)


@pytest.mark.parametrize("unseen", ["\u200b", "\u200d", "\u2060", "\ufeff", "\ufe0f", "e\u0301"[1:], "\U000e0067"])
def test_what_is_not_seen_has_no_width(unseen):
    assert text_width(unseen, 10.0) == 0.0


@given(st.text(), st.text())
def test_widths_add_up(one, two):
    assert text_width(one + two, 10.0) == pytest.approx(text_width(one, 10.0) + text_width(two, 10.0))


@given(st.text(st.characters()))
def test_shortened_labels_are_short_and_clean(label):
    short = shorten(label)
    assert len(short) <= 32
    assert clean(short) == short
    short.encode("utf-8")


def test_the_middle_of_a_long_label_is_left_out():
    assert shorten("start" + "x" * 100 + "end").startswith("start")
    assert shorten("start" + "x" * 100 + "end").endswith("end")
    assert shorten("n" * 32) == "n" * 32


def test_what_xml_forbids_is_replaced():
    assert clean("a\0b\x1b\ud800\ufffe\u202e") == "a\ufffdb\ufffd\ufffd\ufffd\ufffd"
    assert clean("a\r\n\tb") == "a b"


@pytest.mark.parametrize("label", HOSTILE, ids=range(len(HOSTILE)))
def test_boxes_hold_their_text_and_stay_reasonable(label):
    width, height = box_size(OutlineNode(var_id("x"), "var", label, label))
    assert TEXT_LEFT + text_width(shorten(label), LABEL_SIZE) < width < 700
    assert height == 42.0
