"""What the server extension sets up when the server starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mandala_lab.schema.messages import REPLY_MSG_TYPE, REQUEST_MSG_TYPE
from mandala_lab.server.handlers import routes

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def load(app: ServerApp) -> None:
    """Add the routes, and leave mandala-lab's control messages out of the kernels' activity."""
    app.web_app.add_handlers(".*$", routes(app.web_app.settings["base_url"]))  # type: ignore[no-untyped-call]
    _leave_untracked(app)


def _leave_untracked(app: ServerApp) -> None:
    """Let the panel's questions to a busy kernel not pass for the end of its work.

    A JSON file cannot say so, because the server reads only the list of
    extensions from ``jupyter_server_config.d``. The page learns the same list,
    and may have been given it already by an extension that was loaded earlier.
    Kernel managers that do not track activity, such as a gateway to remote
    kernels, are left alone.
    """
    manager = app.kernel_manager
    untracked = getattr(manager, "untracked_message_types", None)
    if untracked is None:
        return
    ours = [name for name in (REQUEST_MSG_TYPE, REPLY_MSG_TYPE) if name not in untracked]
    manager.untracked_message_types = [*untracked, *ours]
    page = app.web_app.settings.setdefault("page_config_data", {})
    page["untracked_message_types"] = [*untracked, *ours]
