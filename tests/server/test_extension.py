"""The server extension keeps the panel's questions out of the kernels' activity."""

from __future__ import annotations

from types import SimpleNamespace
from unittest.mock import Mock

import mandala_lab.server
from mandala_lab.schema.messages import REPLY_MSG_TYPE, REQUEST_MSG_TYPE


def load(manager: object, times: int = 1) -> SimpleNamespace:
    web_app = SimpleNamespace(settings={"base_url": "/base/"}, add_handlers=Mock())
    app = SimpleNamespace(kernel_manager=manager, web_app=web_app)
    for _ in range(times):
        mandala_lab.server._load_jupyter_server_extension(app)
    return app


def test_adds_its_messages_and_keeps_the_others() -> None:
    app = load(SimpleNamespace(untracked_message_types=["status"]))
    wanted = ["status", REQUEST_MSG_TYPE, REPLY_MSG_TYPE]
    assert app.kernel_manager.untracked_message_types == wanted
    assert app.web_app.settings["page_config_data"]["untracked_message_types"] == wanted


def test_loading_twice_adds_nothing() -> None:
    app = load(SimpleNamespace(untracked_message_types=[]), times=2)
    assert app.kernel_manager.untracked_message_types == [REQUEST_MSG_TYPE, REPLY_MSG_TYPE]


def test_leaves_other_kernel_managers_alone() -> None:
    assert "page_config_data" not in load(SimpleNamespace()).web_app.settings


def test_it_names_itself() -> None:
    assert mandala_lab.server._jupyter_server_extension_points() == [{"module": "mandala_lab.server"}]
