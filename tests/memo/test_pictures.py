"""Pictures: kept as data, exactly, in every mode."""

from __future__ import annotations

import numpy as np
import pytest

from mandala_lab import Storage, op
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.values import load, store

Image = pytest.importorskip("PIL.Image")
MODES = "1 L LA P PA RGB RGBA RGBa CMYK YCbCr HSV LAB I I;16 F".split()


def picture(mode):
    colours = np.random.default_rng(0).integers(0, 255, (7, 5, 3), np.uint8)
    step = {"PA": "P", "RGBa": "RGBA", "I;16": "I"}.get(mode, "RGB")
    if mode == "LAB":
        return Image.frombytes("LAB", (5, 7), colours.tobytes())
    return Image.fromarray(colours).convert(step).convert(mode)


@pytest.mark.parametrize("mode", MODES)
def test_a_picture_comes_back_as_it_was(mode):
    made = picture(mode)
    made.info["dpi"] = (72, 72)
    stored = store(made)
    back = load(stored)
    assert stored.format == "tree"
    assert (b"PNG" in bytes(stored.data)) is (mode in {"1", "L", "LA", "RGB", "RGBA"})
    assert back == made
    assert type(back) is Image.Image
    assert back.info == {"dpi": (72, 72)}
    assert content_id(back) == stored.cid == content_id(made)


def test_an_op_takes_and_gives_pictures(tmp_path):
    picture("RGB").save(tmp_path / "file.png")

    @op
    def turned(image):
        return image.rotate(90, expand=True)

    with Storage(tmp_path / "store.db") as storage:
        for opened in (picture("RGB"), Image.open(tmp_path / "file.png")):
            assert turned(opened).value == opened.rotate(90, expand=True)
        turned(picture("RGB"))
        assert storage.stats().cached == 1
