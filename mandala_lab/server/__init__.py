"""The part of mandala-lab that runs inside the Jupyter server: `extension`, `handlers`.

It reads stores and never runs user code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "mandala_lab.server"}]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    from mandala_lab.server.extension import load

    load(app)
