"""The code of ops over time, what it makes of their calls, and why a call ran."""

from __future__ import annotations

from typing import Any

from mandala_lab.memo.decorator import Op
from mandala_lab.model.calls import Call
from mandala_lab.model.ops import CodeVersion
from mandala_lab.records import code, find
from mandala_lab.records.explain import Explanation, explain_asked, explain_recorded
from mandala_lab.storage.opened import Opened


class Code(Opened):
    """Recorded code versions, and what they mean for calls."""

    def versions(self, op: Op[..., Any] | str) -> list[CodeVersion]:
        """Return the recorded code versions of an op (or of that name), oldest first."""
        return [one.version for one in self._written.versions(find.key_of(self._written, op))]

    def source_history(self, op: Op[..., Any] | str) -> str:
        """Return the code of an op over time as text: the first version, and what each later one changed."""
        return code.source_history(self._written.versions(find.key_of(self._written, op)))

    def diff(self, a: CodeVersion | str, b: CodeVersion | str, context_lines: int = 2) -> str:
        """Return what differs between two code versions, given as such or by id; `ValueError` for an unknown id."""
        old, new = code.find_versions(self._written, [a, b])
        return code.diff(old, new, context_lines)

    def mark_compatible(self, op: Op[..., Any], version: CodeVersion | str | None = None) -> None:
        """Declare the present code of an op compatible with a recorded version: its calls are hits from now on.

        That is recorded, with who said so and when. By default it is the latest
        other version; `ValueError` if there is none such.
        """
        code.mark_compatible(self._written, self._parts.engine.keyer.state(op), version, self._parts.recorder.run)
        self._parts.forget()

    def explain(self, call: Call | Op[..., Any], /, *args: Any, **kwargs: Any) -> Explanation:
        """Say why a recorded call ran, or whether a call of an op would run and why: nothing is run.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op
        ... def double(x):
        ...     return 2 * x
        >>> with Storage() as storage:
        ...     _ = double(1)
        >>> print(storage.explain(double, 3))
        double would run anew: argument 'x' is 3 and was 1, compared with the nearest call
        """
        if isinstance(call, Call):
            return explain_recorded(self._written, self._parts.versions, call)
        if not isinstance(call, Op):
            raise TypeError(f"explain takes a Call or an op with arguments, not {type(call).__name__}")
        return explain_asked(self._written, self._parts.versions, self._parts.engine.asked(call, args, kwargs))
