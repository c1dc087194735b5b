"""The form of pictures of Pillow, which are kept as PNG where that is exact.

Content is mode, size, palette, `info` and the pixels. A picture as it was opened from
a file is of a class of that file's format, and is no plain picture until it is copied.
"""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from mandala_lab.memo.encoding.forms import Form, Raw, add
from mandala_lab.model.errors import CorruptValueError

_AS_PNG = {"1", "L", "LA", "RGB", "RGBA"}
_LARGEST_PNG = 50_000_000  # pixels: Pillow takes files with far more for an attack


def _content(picture: Image.Image) -> Any:
    return (*_shape(picture), Raw(picture.tobytes()))


def _data(picture: Image.Image) -> Any:
    if picture.mode not in _AS_PNG or picture.palette is not None or not 0 < _pixels(picture.size) <= _LARGEST_PNG:
        return _content(picture)
    bare = picture.copy()
    bare.info = {}
    file = io.BytesIO()
    bare.save(file, "PNG", compress_level=1)
    return (*_shape(picture), file.getvalue())


def _shape(picture: Image.Image) -> tuple[Any, ...]:
    palette = picture.palette
    colours = None if palette is None else (palette.mode, bytes(picture.getpalette(palette.mode) or ()))
    return picture.mode, picture.size, colours, dict(picture.info)


def _pixels(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def _picture(parts: Any) -> Image.Image:
    mode, size, colours, info, pixels = parts
    if isinstance(pixels, bytes):
        with Image.open(io.BytesIO(pixels), formats=["PNG"]) as file:
            made = file.copy()
        if made.mode != mode or made.size != size:
            raise CorruptValueError(f"a stored picture is {made.mode} {made.size} and not {mode} {size}")
    else:
        made = Image.frombytes(mode, size, bytes(pixels))
    if colours is not None:
        made.putpalette(colours[1], colours[0])
    made.info = info
    return made


add(Image.Image, Form("PIL.Image.Image", _content, _picture, _data))
