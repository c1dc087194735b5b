"""Pictures: kept as data, exactly, in every mode."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from mandala_lab import Storage, UnstorableError, op
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.values import load, store

Image = pytest.importorskip("PIL.Image")

from PIL import ExifTags, ImageSequence, features  # noqa: E402 - where there is Pillow
from PIL.TiffImagePlugin import IFDRational  # noqa: E402

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


@pytest.fixture
def opened():
    """Open pictures, and close them in the end."""
    with contextlib.ExitStack() as stack:
        yield lambda place: stack.enter_context(Image.open(place))


def _frames(count=3):
    return [Image.new("RGB", (8, 6), (80 * number, 10, 255 - 80 * number)) for number in range(count)]


def _animated(folder, kind, count=3, last=None):
    place = folder / f"frames {count} {last}.{kind}"
    first, *more = _frames(count)
    if last is not None:
        more[-1].putpixel((0, 0), last)
    first.save(place, save_all=True, append_images=more, **({"lossless": True} if kind == "webp" else {}))
    return place


ANIMATED = [kind for kind in ("gif", "png", "tiff", "webp") if kind != "webp" or features.check("webp")]


@pytest.mark.parametrize("kind", ANIMATED)
def test_all_frames_are_content_and_the_picture_stays_where_it_is(opened, tmp_path, kind):
    picture = opened(_animated(tmp_path, kind))
    first = content_id(picture)
    assert (picture.tell(), picture.n_frames) == (0, 3)
    assert content_id(picture) == first
    picture.seek(1)
    pixels = picture.convert("RGB").tobytes()
    second = content_id(picture)
    assert picture.tell() == 1
    assert picture.convert("RGB").tobytes() == pixels
    picture.seek(2)
    third = content_id(picture)
    assert len({first, second, third}) == 3
    assert picture.convert("RGB").getpixel((0, 0)) == pytest.approx((160, 10, 95), abs=2)
    changed = opened(_animated(tmp_path, kind, last=(255, 255, 255)))
    fewer = opened(_animated(tmp_path, kind, count=2))
    assert len({first, content_id(changed), content_id(fewer)}) == 3


@pytest.mark.parametrize("kind", ANIMATED)
def test_what_was_drawn_on_a_frame_stays(opened, tmp_path, kind):
    picture = opened(_animated(tmp_path, kind))
    before = content_id(picture)
    pixels, info = picture.load(), picture.info
    pixels[0, 0] = 3 if picture.mode == "P" else (1, 2, 3)
    picture.info["said"] = "x"
    drawn = picture.getpixel((0, 0))
    assert content_id(picture) == content_id(picture) != before
    assert picture.getpixel((0, 0)) == drawn
    assert picture.info["said"] == "x"
    assert picture.info == info
    pixels[1, 1] = drawn
    assert picture.getpixel((1, 1)) == drawn


@pytest.mark.parametrize("kind", ANIMATED)
def test_several_frames_are_no_result(opened, tmp_path, kind):
    with pytest.raises(UnstorableError, match=r"return a list of frame\.copy\(\)"):
        store(opened(_animated(tmp_path, kind)))
    place = _animated(tmp_path, kind)

    @op
    def copies(count):
        with Image.open(place) as file:
            return [frame.copy() for frame in ImageSequence.Iterator(file)][:count]

    with Storage() as storage:
        assert len(copies(3).value) == 3
        assert copies(3).value[2].convert("RGB").getpixel((0, 0)) == pytest.approx((160, 10, 95), abs=2)
        assert storage.stats().computed == 1


@pytest.mark.parametrize("kind", ["gif", "png", "tiff", "jpeg", "bmp"])
def test_an_opened_picture_of_one_frame_is_a_result(opened, tmp_path, kind):
    place = tmp_path / f"one.{kind}"
    _frames()[1].save(place)
    picture = opened(place)
    before = content_id(picture)
    picture.getexif()
    assert content_id(picture) == before == content_id(opened(place))
    back = load(store(picture))
    assert type(back) is type(picture)
    assert back.tobytes() == picture.tobytes()
    with Image.open(place) as closed:
        closed.load()
    assert content_id(closed) == before


def _tagged(orientation=None, exposure=None, place=None):
    picture = _frames()[0]
    if orientation is not None:
        picture.getexif()[0x112] = orientation
    if exposure is not None:
        picture.getexif()[ExifTags.IFD.Exif] = {0x829A: exposure}
    if place is not None:
        picture.getexif()[ExifTags.IFD.GPSInfo] = {1: place}
    return picture


def test_exif_data_is_content_and_comes_back():
    variants = [_tagged(), _tagged(3), _tagged(6), _tagged(3, IFDRational(1, 50)), _tagged(3, None, "N")]
    assert len({content_id(picture) for picture in variants}) == len(variants)
    for picture in variants:
        stored = store(picture)
        back = load(stored)
        assert stored.format == "tree"
        assert content_id(back) == stored.cid == content_id(picture)
        assert back.getexif().get(0x112) == picture.getexif().get(0x112)
        assert back.getexif().tobytes() == picture.getexif().tobytes()


@pytest.mark.parametrize("kind", ["png", "jpeg", "tiff"])
def test_exif_data_of_a_file_counts_where_it_was_changed(opened, tmp_path, kind):
    place = tmp_path / f"tagged.{kind}"
    tags = Image.Exif()
    tags[0x10E] = "said"
    if kind != "tiff":  # Pillow cannot write them
        tags[ExifTags.IFD.GPSInfo] = {1: "N"}
    _tagged().save(place, exif=tags)
    picture = opened(place)
    before = content_id(picture)
    assert picture.getexif()[0x10E] == "said"
    assert picture.getexif().get_ifd(ExifTags.IFD.GPSInfo).get(1) == (None if kind == "tiff" else "N")
    assert content_id(picture) == before, "to look at it changes nothing"
    plain = picture.copy()
    of_plain = content_id(plain)
    assert content_id(load(store(plain))) == of_plain
    picture.getexif()[ExifTags.IFD.GPSInfo] = {**picture.getexif().get_ifd(ExifTags.IFD.GPSInfo), 1: "S"}
    south = content_id(picture)
    picture.getexif()[0x10E] = "other"
    assert len({before, south, content_id(picture)}) == 3
    with pytest.raises(UnstorableError, match="would not read back"):
        store(picture)
    plain.getexif()[0x10E] = "other"
    assert content_id(plain) != of_plain
    assert load(store(plain)).getexif()[0x10E] == "other"
