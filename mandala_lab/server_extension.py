"""The part of mandala-lab that runs inside the Jupyter server.

Owns one setting: the panel's questions to a busy kernel must not make the
server believe that the kernel is idle. A JSON file cannot say so, because the
server reads only the list of extensions from ``jupyter_server_config.d``.
Answers no requests and never runs user code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mandala_lab.schema.messages import REPLY_MSG_TYPE, REQUEST_MSG_TYPE

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "mandala_lab.server_extension"}]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    """Leave mandala-lab's control messages out of the kernels' activity.

    The page learns the same list, and may have been given it already by an
    extension that was loaded earlier. Kernel managers that do not track
    activity, such as a gateway to remote kernels, are left alone.
    """
    manager = app.kernel_manager
    untracked = getattr(manager, "untracked_message_types", None)
    if untracked is None:
        return
    ours = [name for name in (REQUEST_MSG_TYPE, REPLY_MSG_TYPE) if name not in untracked]
    manager.untracked_message_types = [*untracked, *ours]
    page = app.web_app.settings.setdefault("page_config_data", {})
    page["untracked_message_types"] = [*untracked, *ours]
