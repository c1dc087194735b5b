"""The server extension keeps the panel's questions out of the kernels' activity."""

from __future__ import annotations

from types import SimpleNamespace

from mandala_lab.schema.messages import REPLY_MSG_TYPE, REQUEST_MSG_TYPE
from mandala_lab.server_extension import _load_jupyter_server_extension


def app_with(manager: object) -> SimpleNamespace:
    return SimpleNamespace(kernel_manager=manager, web_app=SimpleNamespace(settings={}))


def test_adds_its_messages_and_keeps_the_others() -> None:
    app = app_with(SimpleNamespace(untracked_message_types=["status"]))
    _load_jupyter_server_extension(app)
    wanted = ["status", REQUEST_MSG_TYPE, REPLY_MSG_TYPE]
    assert app.kernel_manager.untracked_message_types == wanted
    assert app.web_app.settings["page_config_data"]["untracked_message_types"] == wanted


def test_loading_twice_adds_nothing() -> None:
    app = app_with(SimpleNamespace(untracked_message_types=[]))
    _load_jupyter_server_extension(app)
    _load_jupyter_server_extension(app)
    assert app.kernel_manager.untracked_message_types == [REQUEST_MSG_TYPE, REPLY_MSG_TYPE]


def test_leaves_other_kernel_managers_alone() -> None:
    app = app_with(SimpleNamespace())
    _load_jupyter_server_extension(app)
    assert app.web_app.settings == {}
