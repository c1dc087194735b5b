"""Where calls are answered, and when they are written: entering and leaving, committing, closing."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar, get_args

from mandala_lab.memo import context
from mandala_lab.model.calls import Span
from mandala_lab.model.errors import nearest
from mandala_lab.records import attended
from mandala_lab.storage.opened import Opened

Mode = Literal["run", "noop"]
S = TypeVar("S")


class Blocks(Opened):
    """Blocks in which calls are answered, and what is done at their ends."""

    _asks_about: str | Path | None
    _exit_hooks: list[Callable[[Any], None]]  # called with the storage
    _finalizer: weakref.finalize[..., Any]

    def __enter__(self) -> Self:
        if self._asks_about is not None and not context.is_entered(self._parts.engine):
            attended.ask_about_changes(self._written, self._parts.engine, self._asks_about, self._parts.recorder.run)
        context.enter_engine(self._parts.engine)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        context.leave_engine()
        if context.is_entered(self._parts.engine):
            self._parts.recorder.flush()
        else:
            self.rest()
        for hook in self._exit_hooks:
            hook(self)

    def __call__(self, mode: Mode = "run") -> AbstractContextManager[Any, bool | None]:
        """Return a block in which ops are memoized (``"run"``) or plain functions (``"noop"``)."""
        if mode not in get_args(Mode):
            raise ValueError(f"mode={mode!r} is not a choice; {nearest(str(mode), get_args(Mode))}")
        return _no_operation(self) if mode == "noop" else self

    @property
    def mode(self) -> Mode:
        """``"noop"`` in a block in which ops are plain functions, else ``"run"``."""
        return "noop" if context.is_suspended() else "run"

    def activate(self) -> None:
        """Answer calls everywhere in this process where no other storage was entered."""
        context.set_default_engine(self._parts.engine)

    def deactivate(self) -> None:
        """Undo `activate`."""
        context.set_default_engine(None)
        self.rest()

    def allow_new_calls(self, allow: bool) -> None:
        """Say whether calls that are not recorded may run; else they raise `NewCallError`."""
        self._parts.engine.allow_new_calls = allow

    def commit(self) -> None:
        """Write what is kept for later: grouped calls, and the spans of hits."""
        self._parts.recorder.commit()

    flush = commit

    def rest(self) -> None:
        """Write the spans of hits, and take away the progress that is shown: what a block and a cell end with."""
        self._parts.recorder.rest()

    def clear_cache(self, allow_uncommitted: bool = False) -> None:
        """Empty the memory of this process; the next hits read the store.

        Raises
        ------
        ValueError
            In a block with calls since the last `commit`, unless `allow_uncommitted`.
        """
        inside = context.current_engine() is self._parts.engine
        if inside and self._parts.recorder.uncommitted and not allow_uncommitted:
            raise ValueError("calls were made since the last commit(); commit() first, or pass allow_uncommitted=True")
        self._parts.recorder.commit()
        self._parts.engine.forget()
        self._parts.loader.nearby.clear()

    def close(self) -> None:
        """Write what is left and release the store; repeating is harmless."""
        self._finalizer()
        self._parts.store.close()

    def subscribe(self, callback: Callable[[Span], None]) -> Callable[[], None]:
        """Call `callback` with every span from now on; returns the function that ends it.

        It is called on the thread of the call, so it must be quick.
        """
        self._parts.recorder.listen(callback)
        return lambda: self._parts.recorder.unlisten(callback)


@contextmanager
def _no_operation(storage: S) -> Iterator[S]:
    with context.noop():
        yield storage
