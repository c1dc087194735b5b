"""A picture in pixels, drawn by resvg, which is optional.

Of what was tried it draws our labels as browsers do; cairosvg leaves those of edges out.
"""

from __future__ import annotations

from mandala_lab.model.errors import LayoutError
from mandala_lab.render.svg import scene_to_svg
from mandala_lab.schema.scene import Scene

_LARGEST = 40_000_000


def to_png(scene: Scene, scale: float) -> bytes:
    """Return the light picture of a scene with so many pixels for each of its units.

    Raises
    ------
    ValueError
        When the scale is none, or there would be too many pixels.
    LayoutError
        When resvg is not installed.
    """
    if not isinstance(scale, int | float) or not 0 < scale <= 16:  # noqa: PLR2004 - more is no picture of boxes and text
        raise ValueError(f"scale={scale!r} is not a number above 0 and up to 16")
    area = max(scene.width * scene.height, 1.0)
    if area * scale**2 > _LARGEST:
        fitting = (_LARGEST / area) ** 0.5
        raise ValueError(
            f"the picture would have {area * scale**2 / 1e6:,.0f} million pixels, more than {_LARGEST / 1e6:.0f}: "
            f"give scale={max(int(fitting * 100), 1) / 100} or less, or save it as .svg"
        )
    try:
        import resvg_py
    except ImportError as error:
        raise LayoutError('a .png needs resvg: pip install "mandala-lab[png]", or save it as .svg') from error
    return bytes(resvg_py.svg_to_bytes(svg_string=scene_to_svg(scene, theme="light"), zoom=scale))
