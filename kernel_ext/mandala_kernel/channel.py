"""How messages leave and enter a kernel: the push comm and the control channel."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import msgspec

from mandala_lab.schema.messages import (
    PUSH_COMM_ID,
    PUSH_COMM_TARGET,
    REPLY_MSG_TYPE,
    REQUEST_MSG_TYPE,
    Push,
    Reply,
)


class Channel:
    """The way to a panel, in a kernel that has one; elsewhere nothing is sent.

    Parameters
    ----------
    shell
        IPython's shell.
    handle
        Answers the content of a request; called on the control thread.
    """

    def __init__(self, shell: Any, handle: Callable[[Any], Reply]) -> None:
        self._kernel: Any = getattr(shell, "kernel", None)
        self._handle = handle
        self._comm: Any = None
        if self._kernel is not None:
            import comm

            # Made without an opening handshake: the panel knows the id and listens already.
            self._comm = comm.create_comm(target_name=PUSH_COMM_TARGET, comm_id=PUSH_COMM_ID, primary=False)
            comm.get_comm_manager().register_comm(self._comm)  # a panel sees by it that we are here
            self._kernel.control_handlers[REQUEST_MSG_TYPE] = self._on_request

    def push(self, message: Push) -> None:
        """Send a message to whoever listens; from any thread."""
        if self._comm is not None:
            self._comm.send(data=msgspec.to_builtins(message))

    def later(self, work: Callable[[], None]) -> None:
        """Run `work` on the main thread when it is free."""
        loop = getattr(getattr(self._kernel, "io_loop", None), "asyncio_loop", None)
        if loop is None:
            work()
        else:
            loop.call_soon_threadsafe(work)

    def close(self) -> None:
        """Stop listening."""
        if self._kernel is not None:
            import comm

            self._kernel.control_handlers.pop(REQUEST_MSG_TYPE, None)
            with contextlib.suppress(KeyError):  # done already
                comm.get_comm_manager().unregister_comm(self._comm)
            self._comm = None

    async def _on_request(self, stream: Any, ident: Any, parent: dict[str, Any]) -> None:
        reply = self._handle(parent.get("content"))
        self._kernel.session.send(stream, REPLY_MSG_TYPE, msgspec.to_builtins(reply), parent, ident)
