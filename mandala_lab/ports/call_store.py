"""`CallStore`: where calls, values and what happened are kept.

Ids of calls and refs are hexadecimal strings in records handed to people
(`Call`, `Ref`) and bytes on the hot path. Every method may be called from any
thread. A method that cannot read or write raises `StoreError`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from mandala_lab.model.calls import (
    Call,
    CallEntry,
    CallStatus,
    Found,
    LoggedEvent,
    RecordedState,
    Run,
    Span,
)
from mandala_lab.model.columns import CallColumns, CallDetails
from mandala_lab.model.faults import CheckWatch, Fault, SetAside
from mandala_lab.model.holdings import Holdings, Pin, Removed
from mandala_lab.model.ops import CodeVersion, OpSpec, RecordedVersion
from mandala_lab.model.refs import Ref
from mandala_lab.model.stats import Sizes, SpanTotals
from mandala_lab.model.values import Blob, StoredValue, Stray

if TYPE_CHECKING:
    import numpy as np

SignPickle = Callable[[bytes, bytes], bytes]
"""Returns a pickle, given with the id that it goes by, under the signature of the user, unread."""

Verify = Callable[[StoredValue], object]
"""Raises `CorruptValueError` where a value that is verified by its content is another one."""


class CallStore(Protocol):
    """The whole record: what was asked, what came out, when and where."""

    @property
    def path(self) -> str:
        """Where it lies, or ``":memory:"``."""
        ...

    # --- the hot path

    def find(self, hid: bytes) -> Found | None:
        """Return the successful call with this history."""
        ...

    def find_content(self, cid: bytes) -> Found | None:
        """Return a successful call of the same op, code and input values."""
        ...

    def was_foreign(self, cid: bytes) -> bool:
        """Whether of the calls with a content id one counts, and the first does not: somebody else recorded it."""
        ...

    def record(self, entries: Sequence[CallEntry], spans: Sequence[Span] = ()) -> None:
        """Write calls and all that belongs to them, and occurrences of recorded calls, in one transaction, durably.

        `CollectedError` where a call refers to what was deleted meanwhile; the others are written.
        """
        ...

    def when_collected(self, forget: Callable[[], object]) -> None:
        """Call `forget`, in `record`, when it turns out that calls or values were deleted since it was called last."""
        ...

    def has_value(self, cid: bytes) -> bool:
        """Whether the value is stored."""
        ...

    def read_value(self, cid: bytes) -> StoredValue:
        """Return a stored value; `LookupError` where there is none."""
        ...

    def value_size(self, cid: bytes) -> int | None:
        """Return the number of bytes of a stored value; ``None`` where there is none."""
        ...

    def replace_value(self, value: StoredValue) -> None:
        """Put a value in the place of the damaged one of the same content id."""
        ...

    # --- sessions and their log

    def begin_run(self, run: Run) -> None:
        """Open a recording session."""
        ...

    def log(self, kind: str, subject: str = "", detail: str = "") -> None:
        """Append an event of its own, such as a replay of the call `subject`."""
        ...

    def events(self, after: int = 0, limit: int = 1000) -> list[LoggedEvent]:
        """Return events in order, those after `after` first."""
        ...

    def last_event(self) -> int:
        """Return the number of the last event, by which one sees whether anything has changed; 0 for none."""
        ...

    def totals(self, *, run: str | None = None, session: str | None = None) -> SpanTotals:
        """Count spans: of a run, of all runs of a session, or of the store."""
        ...

    def count_calls(self, op: str | None = None) -> int:
        """Count recorded calls, of one op or of all."""
        ...

    def delete_calls(self, hids: Iterable[str]) -> None:
        """Delete calls and their occurrences, with an event for each; unknown ones are left out.

        `StoreError` where one is pinned or another call took what one of them made: somebody was quicker.
        """
        ...

    def delete_unreferenced_values(self) -> int:
        """Delete the values that no call refers to; return how many."""
        ...

    def holdings(self) -> Holdings:
        """Return what the store holds, as arrays."""
        ...

    def remove(
        self,
        held: Holdings,
        groups: np.ndarray,
        batches: Iterable[Sequence[int]],
        tell: Callable[[int], object] | None = None,
    ) -> Removed:
        """Delete calls of `held` and what only they keep, batch by batch, but not what was used or pinned since.

        Calls of one group stay or go together. What nothing keeps is deleted too; `tell` learns how many are gone.
        """
        ...

    def strays(self) -> list[Stray]:
        """Return the files among the large values that belong to none, where they are this store's alone."""
        ...

    def pin(self, hid: bytes, reason: str) -> bool:
        """Never delete a call or, by the history id of its ref, a free-standing value; false where it is unknown."""
        ...

    def unpin(self, hid: bytes) -> bool:
        """Undo `pin`; false where it was none."""
        ...

    def pins(self) -> list[Pin]:
        """Return what is pinned, in order of time."""
        ...

    def taken_bytes(self) -> int:
        """Return about how many bytes all takes, quickly."""
        ...

    def vacuum(self) -> int:
        """Give pages that hold nothing back to the file system; return how many bytes."""
        ...

    def sizes(self) -> Sizes:
        """Return how much the store holds."""
        ...

    # --- for frames and finders; answers are in order of recording

    def calls(self, hids: Iterable[str]) -> list[Call]:
        """Return the calls with these hids; unknown ones are left out."""
        ...

    def calls_beginning(self, hid: str, limit: int) -> list[Call]:
        """Return the calls, so many at most, whose hid begins so."""
        ...

    def calls_of_op(self, op: str) -> list[Call]:
        """Return the calls of an op in every code version."""
        ...

    def latest_calls(
        self, limit: int, *, op: str | None = None, status: CallStatus | None = None, before: str | None = None
    ) -> list[Call]:
        """Return the calls that were recorded last, or last before a call, of one op or of all of the user's."""
        ...

    def calls_of_session(self, session: str | None) -> list[Call]:
        """Return the calls that occurred in a session; ``None`` for all calls."""
        ...

    def sessions(self) -> list[str]:
        """Return the sessions that recorded here, the latest last."""
        ...

    def spans_of_call(self, hid: str) -> list[Span]:
        """Return the occurrences of a call."""
        ...

    def spans_of_run(self, run: str, *, seq: int | None = None, parent: int | None = None) -> list[Span]:
        """Return the spans of a run in order of starting: all, that with a number, or those right below one."""
        ...

    def last_spans(self, hids: Iterable[str]) -> dict[str, Span]:
        """Return the latest occurrence of each call."""
        ...

    def refs(self, hids: Iterable[str]) -> list[Ref]:
        """Return the refs with these hids; unknown ones are left out."""
        ...

    def creators(self, refs: Iterable[str]) -> list[Call]:
        """Return the calls that made these refs."""
        ...

    def consumers(self, refs: Iterable[str]) -> list[Call]:
        """Return the calls that took these refs."""
        ...

    # --- for frames: the same as columns, each call once

    def columns_in_parts(self, *, of: str | None = None, besides: Iterable[str] = ()) -> Generator[CallColumns]:
        """Yield all calls, or those of an op, or of all ops but some, some thousand at a time, as of one moment.

        They come in order of recording, and a call with several records comes several
        times; the other methods tell the one that counts.
        """
        ...

    def columns_of_session(self, session: str) -> CallColumns:
        """Return the calls that occurred in a session."""
        ...

    def columns_of_calls(self, hids: Iterable[bytes]) -> CallColumns:
        """Return the calls with these hids; unknown ones are left out."""
        ...

    def columns_of_takers(self, refs: Iterable[bytes]) -> CallColumns:
        """Return the calls that took these refs, and maybe others."""
        ...

    def call_details(self, rows: np.ndarray) -> CallDetails:
        """Return what else is known of calls, by their rows in columns; without deleted ones, but maybe with others."""
        ...

    # --- ops and their code

    def op(self, key: str) -> OpSpec | None:
        """Return the op with this key."""
        ...

    def ops(self) -> list[OpSpec]:
        """Return all ops, in order of first recording."""
        ...

    def namesake(self, name: str, key: str) -> str | None:
        """Return the key of another op of this short name."""
        ...

    def versions(self, op: str) -> list[RecordedVersion]:
        """Return the code versions of an op, oldest first."""
        ...

    def states(self, op: str, limit: int) -> list[RecordedState]:
        """Return the code versions of an op with the data that they read, newest first.

        One that was declared and not called has an empty prefix.
        """
        ...

    def program(self, op: str, version: str) -> bytes | None:
        """Return what brings back the code of an op in a version, given by its id."""
        ...

    def declare(
        self,
        spec: OpSpec,
        version: CodeVersion,
        representative: bytes,
        detail: str,
        kind: Literal["compatible", "recompute"] = "compatible",
    ) -> None:
        """Record that a version belongs to the class of `representative`, with an event that says so."""
        ...

    # --- whose records they are

    def signers(self) -> dict[bytes, tuple[int, int]]:
        """Return numbers of calls and of values by the fingerprint of who says to have signed them; empty: nobody."""
        ...

    def adopt(self, signer: bytes, sign_pickle: SignPickle | None, tell: Callable[[int], None]) -> Counter[str]:
        """Sign the records of a signer with the user's key; `tell` learns how many rows were looked at."""
        ...

    # --- whether all is as it was written, and what becomes of what is not

    def check(self, watch: CheckWatch) -> None:
        """Look at everything, and tell `watch` of every fault; nothing that is stored is run."""
        ...

    def database_faults(self) -> list[Fault]:
        """Return what is wrong with the database itself, whatever its rows say."""
        ...

    def makers(self, cids: Collection[bytes]) -> dict[bytes, list[tuple[str, int]]]:
        """Return the calls (hids) that made values, with the position among their results."""
        ...

    def set_aside_value(self, cid: bytes, reason: str) -> None:
        """Keep a damaged value where nobody finds it."""
        ...

    def set_aside_call(self, hid: str, reason: str) -> None:
        """Keep a damaged record of a call, given by its hid or as ``#row``, where nobody finds it."""
        ...

    def set_aside_version(self, version: str, reason: str) -> None:
        """Let a damaged code version, given by its id, stand for itself alone, with no code to be shown or run."""
        ...

    def mend_description(self, place: str, row_id: int) -> None:
        """Write what can be read of a damaged description of an ``"op"`` or a ``"run"``."""
        ...

    def set_aside(self) -> list[SetAside]:
        """Return what was set aside, in order of time."""
        ...

    def discard_set_aside(self) -> None:
        """Delete for good what was set aside."""
        ...

    def remake_index(self) -> None:
        """Make the indexes anew from the records of calls."""
        ...

    def remove_stray(self, name: str) -> None:
        """Delete a file among the large values that is none."""
        ...

    # --- whole stores

    def snapshot(self, path: str) -> list[bytes]:
        """Write all but large values, as they are at one moment, to a new file; others may go on writing.

        The content ids of the large values that belong to it are returned.
        """
        ...

    def take_in(self, source: CallStore, verify: Verify, tell: Callable[[int], None], taken: Counter[str]) -> None:
        """Take in what another store holds and this one lacks, and count in `taken` how much that is.

        Records keep their signatures. `tell` learns how many records were looked at.
        """
        ...

    def large_value(self, cid: bytes) -> Blob:
        """Return a value that lies beside the database; `LookupError` where it does not."""
        ...

    def start_anew(self) -> None:
        """Go on in a forked process, which shares nothing with its parent but the file."""
        ...

    def close(self) -> None:
        """Release connections; repeating is harmless."""
        ...
