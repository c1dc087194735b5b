"""The forms of pictures of Pillow: plain ones, which are kept as PNG where that is exact, and opened ones.

Content is mode, size, palette, `info`, the pixels, and Exif data that is not what `info`
says. A picture as it was opened from a file is of a class of that file's format, and is
no plain picture until it is copied. All its frames are content; several cannot be kept.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Any, NoReturn

from PIL import ExifTags, Image, ImageFile
from PIL.TiffImagePlugin import IFDRational

from mandala_lab.memo.encoding import identity, objects
from mandala_lab.memo.encoding.forms import Form, Raw, add, add_family
from mandala_lab.model.errors import CorruptValueError, UnstorableError

_AS_PNG = {"1", "L", "LA", "RGB", "RGBA"}
_LARGEST_PNG = 50_000_000  # pixels: Pillow takes files with far more for an attack
_GROUPS = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)
_OF_A_FRAME = ("_size", "_mode", "palette", "_exif")


def _content(picture: Image.Image) -> Any:
    return (*_shape(picture), Raw(picture.tobytes()), *_exif(picture))


def _data(picture: Image.Image) -> Any:
    if picture.mode not in _AS_PNG or picture.palette is not None or not 0 < _pixels(picture.size) <= _LARGEST_PNG:
        return _content(picture)
    bare = picture.copy()
    bare.info = {}
    file = io.BytesIO()
    bare.save(file, "PNG", compress_level=1)
    return (*_shape(picture), file.getvalue(), *_exif(picture))


def _shape(picture: Image.Image) -> tuple[Any, ...]:
    palette = picture.palette
    colours = None if palette is None else (palette.mode, bytes(picture.getpalette(palette.mode) or ()))
    return picture.mode, picture.size, colours, dict(picture.info)


def _pixels(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def _picture(parts: Any) -> Image.Image:
    mode, size, colours, info, pixels, *exif = parts
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
    for data in exif:
        _set_exif(made, *data)
    return made


def _exif(picture: Image.Image) -> list[Any]:
    """Return the Exif data of a picture, if it was asked for and changed."""
    exif = picture._exif  # noqa: SLF001 - to ask for it would make some
    if exif is None:
        return []
    own = _parts_of(dict(exif), _groups(exif))
    if hasattr(picture, "tag_v2"):  # whose file is closed, so that its groups cannot be read anew
        said = _parts_of({tag: exif._fixup(value) for tag, value in picture.tag_v2.items()}, {})  # noqa: SLF001
    else:
        bare = Image.new("1", (1, 1))
        bare.info = dict(picture.info)
        fresh = bare.getexif()
        said = _parts_of(dict(fresh), _groups(fresh))
    return [] if own == said else [own]


def _groups(exif: Image.Exif) -> dict[int, Any]:
    """Return the groups of entries to which some entries point."""
    groups = {}
    for tag in map(int, _GROUPS):
        place, loaded = exif.get(tag), exif._ifds.get(tag)  # noqa: SLF001 - to ask for one that is not there would make it
        if isinstance(place, dict):
            groups[tag] = dict(place)
        elif loaded:
            groups[tag] = dict(loaded)
        elif place is not None:
            groups[tag] = dict(exif.get_ifd(tag))
    return groups


def _parts_of(entries: dict[int, Any], groups: dict[int, Any]) -> Any:
    """Return entries and groups in the order of their numbers, without the places to which entries point."""
    own = {int(tag): value for tag, value in sorted(entries.items()) if tag not in groups}
    return own, {tag: dict(sorted(group.items())) for tag, group in groups.items()}


def _set_exif(picture: Image.Image, entries: dict[int, Any], groups: dict[int, Any]) -> None:
    exif = picture.getexif()
    for tag in list(exif):
        del exif[tag]
    for tag, value in entries.items():
        exif[tag] = value
    for tag, group in groups.items():
        exif[tag] = exif.get_ifd(tag)
        exif[tag].update(group)


def _of_opened(picture: Any) -> Any:
    told = (*objects.FORM.content(picture), *_exif(picture))
    frames = _frames(picture)
    return (*told, picture.tell(), frames) if frames else told


def _frames(picture: Any) -> list[bytes]:
    """Return what tells the frames of a picture, if it has several that can be reached."""
    counted = vars(picture)
    if counted.get("n_frames") == 1 or not (hasattr(type(picture), "n_frames") or "n_frames" in counted):
        return []
    if not hasattr(picture, "_min_frame"):  # out of a pickle: nobody reaches another frame
        return []
    with _left_as_it_was(picture):
        try:
            count = picture.n_frames
        except Exception:  # closed by now
            return []
        if count == 1:
            return []
        found = {}
        first = picture._min_frame  # noqa: SLF001 - some formats count from one
        here = picture.tell() - first
        for frame in (*range(here, count), *range(here)):  # no step back but from the last, which APNG cannot do
            picture.seek(frame + first)
            found[frame] = identity.content_id((*_shape(picture), Raw(picture.tobytes())))
        return [found[frame] for frame in range(count)]


@contextlib.contextmanager
def _left_as_it_was(picture: Any) -> Iterator[None]:
    """Bring a picture back to its frame, with what was drawn on it."""
    picture.load()
    here, image, drawn, info = picture.tell(), picture.im, picture.im.copy(), dict(picture.info)
    kept = {name: vars(picture)[name] for name in _OF_A_FRAME if name in vars(picture)}
    picture._exif = None  # noqa: SLF001 - seeking changes it in place
    try:
        yield
    finally:
        with contextlib.suppress(Exception):  # it cannot be moved at all
            picture.seek(here)
            picture.load()
        image.paste(drawn, (0, 0, *image.size))
        picture.im = image
        picture.info.clear()
        picture.info.update(info)
        vars(picture).update(kept)


def _refused(picture: Any) -> NoReturn:
    if _frames(picture):
        raise UnstorableError("a picture of several frames is an open file: return a list of frame.copy() instead")
    raise UnstorableError(f"a {type(picture).__name__} has no data-only format; its copy() has one")


def _never(_parts: Any) -> NoReturn:
    raise CorruptValueError("stored bytes hold an opened picture, which has no data-only format")


add(
    IFDRational,
    Form("PIL.IFDRational", lambda value: (value.numerator, value.denominator), lambda parts: IFDRational(*parts)),
)
add_family(ImageFile.ImageFile, "PIL", Form(objects.FORM.name, _of_opened, _never, _refused))
add(Image.Image, Form("PIL.Image.Image", _content, _picture, _data))
