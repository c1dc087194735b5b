"""What is recorded: values, refs, calls and counts of them; finding, loading and deleting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mandala_lab.memo.decorator import Op, find_op
from mandala_lab.model.calls import Call
from mandala_lab.model.errors import refuse_other
from mandala_lab.model.ops import OpSpec
from mandala_lab.model.refs import Ref, unwrapped
from mandala_lab.model.stats import Stats
from mandala_lab.model.structures import RESERVED
from mandala_lab.records import find
from mandala_lab.records.tree import CallTree, tree_of_call, tree_of_run
from mandala_lab.storage.opened import Opened


class Records(Opened):
    """Values of refs, and the calls around them."""

    def unwrap(self, obj: Any, cache: bool = True) -> Any:
        """Return values in place of refs, also inside containers; with `cache` the refs keep them."""
        return unwrapped(obj) if cache else unwrapped(obj, lambda ref: ref.detached().value)

    def attach(self, obj: Any, inplace: bool = False) -> Any:
        """Return refs with their values loaded, also inside containers; with `inplace` load those given."""
        found = unwrapped(obj, lambda ref: ref.loaded() if inplace else ref.detached().loaded())
        return None if inplace else found

    def load_ref(self, hid: str, in_memory: bool = True) -> Ref:
        """Return the ref with this history, its value loaded if `in_memory`; `LookupError` if there is none."""
        ref = find.get_ref(self._written, hid)
        return ref.loaded() if in_memory else ref

    def get_ref_creator(self, ref: Ref) -> Call | None:
        """Return the call that made a ref; ``None`` for a free-standing input."""
        refuse_other(ref, Ref, "get_ref_creator takes a ref")
        return next(iter(self._written.creators([ref.hid])), None)

    def get_consumers(self, hids: Iterable[str | Ref]) -> list[Call]:
        """Return the calls that took these refs, given as such or by their hids."""
        return self._written.consumers([hid.hid if isinstance(hid, Ref) else hid for hid in hids])

    def get_call(self, hid: str) -> Call:
        """Return the call with this hid, or with a hid that begins so; `LookupError` if there is none."""
        return find.get_call(self._written, hid)

    def calls(
        self,
        op: Op[..., Any] | str | None = None,
        status: Literal["ok", "error"] | None = None,
        where: Mapping[str, Any] | None = None,
    ) -> list[Call]:
        """Find calls by op (or its name), by status, and by argument values.

        Values are compared as by `ComputationFrame.where`: ``1`` finds ``1.0`` and ``np.int64(1)``, too.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op
        ... def root(x, n):
        ...     return x ** (1 / n)
        >>> with Storage() as storage:
        ...     _ = [root(8, n) for n in (1, 2, 3)]
        >>> [call.name for call in storage.calls(root, where={"n": 3})]
        ['root']
        """
        return find.find_calls(self._written, op, status, where or {})

    def call_tree(self, root: Call | str | None = None) -> CallTree:
        """Return what was called by what, in order of time: of this session's run, or below a call (or its hid).

        Raises
        ------
        LookupError
            When the call is unknown.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op
        ... def inc(x):
        ...     return x + 1
        >>> @op
        ... def twice(x):
        ...     return inc(inc(x))
        >>> with Storage() as storage:
        ...     _ = twice(1)
        >>> [node.call.name for node in storage.call_tree()]
        ['twice', 'inc', 'inc']
        """
        refuse_other(root, (Call, str, type(None)), "call_tree takes a call or its hid")
        if root is None:
            return tree_of_run(self._written, self.run)
        return tree_of_call(self._written, root if isinstance(root, Call) else self.get_call(root))

    @property
    def ops(self) -> RecordedOps:
        """The ops with recorded calls: ``ops.cache`` is a dict of them by name."""
        return RecordedOps(
            {spec.name: find_op(spec.key) or spec for spec in self._written.ops() if not spec.key.startswith(RESERVED)}
        )

    def stats(self, *, everything: bool = False) -> Stats:
        """Return hits, misses by reason, time spent and saved, of this session or of all (`everything`), and sizes.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op
        ... def square(x):
        ...     return x * x
        >>> with Storage() as storage:
        ...     _ = [square(x) for x in (1, 2, 1)]
        >>> stats = storage.stats()
        >>> stats.hits, dict(stats.misses)
        (1, {'first call': 1, 'arguments': 1})
        """
        totals = self._written.totals(run=None if everything else self.run)
        sizes = self.store.sizes()
        nearby = self._parts.loader.nearby
        read = nearby.counts()
        return Stats(
            **asdict(totals),
            misses=dict(self._parts.engine.misses),
            **asdict(sizes),
            cache_hits=read.hits,
            cache_misses=read.misses,
            cache_evictions=read.evictions,
            cache_failures=nearby.failures,
            cache_bytes=read.bytes,
            collected=self._parts.recorder.collected,
        )

    def drop_calls(self, calls_or_hids: Iterable[Call | str], delete_dependents: bool = False) -> None:
        """Delete calls, and with `delete_dependents` those that took what they made.

        Raises
        ------
        LookupError
            When a hid is unknown.
        ValueError
            When calls depend on them that are not to be deleted, or one is pinned.
        """
        find.drop_calls(self._written, calls_or_hids, delete_dependents=delete_dependents)
        self._parts.forget_stored()

    def cleanup_refs(self) -> int:
        """Delete the stored values that no call refers to and that are not pinned; return how many."""
        found = self._written.delete_unreferenced_values()
        self._parts.forget_stored()
        return found


@dataclass(frozen=True, slots=True)
class RecordedOps:
    """The ops with calls in a storage.

    Attributes
    ----------
    cache
        By short name: the op, or its `OpSpec` where this session does not define it.
    """

    cache: Mapping[str, Op[..., Any] | OpSpec]
