"""Where an answer may be found: in memory, in the store by history, and there by content."""

from __future__ import annotations

from mandala_lab.memo.asked import Asked
from mandala_lab.memo.hits import Hit, Hits
from mandala_lab.memo.keying import ANY_NUMBER, left_out
from mandala_lab.memo.reasons import reason_of
from mandala_lab.memo.recorder import Recorder
from mandala_lab.memo.succession import Succession
from mandala_lab.memo.warn import warn_user
from mandala_lab.model.calls import Found, MissReason
from mandala_lab.model.errors import StoreError
from mandala_lab.ports.call_store import CallStore


class Lookup:
    """Finds recorded calls for one engine; a store that cannot be read is told of, and the call runs.

    Parameters
    ----------
    store, recorder
        Where calls are, and what is about to be written.
    hits
        The answers in memory.
    succession
        Says which code versions stand in for one another.
    """

    def __init__(self, store: CallStore, recorder: Recorder, hits: Hits, succession: Succession) -> None:
        self._store = store
        self._recorder = recorder
        self._hits = hits
        self._succession = succession
        self._told = False

    def recorded(self, asked: Asked) -> Hit | None:
        """Return the very call: of this history."""
        hit = self._hits.get(asked.hid)
        if hit is not None:
            return hit
        try:
            found = self._store.find(asked.hid)
        except StoreError as error:
            warn_user(f"the store could not be read, so {asked.op.spec.name} runs: {error}")
            return None
        found = self._trusted(asked, found)
        return None if found is None else self._hits.add(found, asked.op.spec.nout)

    def equal(self, asked: Asked) -> Found | None:
        """Return an equal call, of this code version or of one that stands in for it.

        Raises
        ------
        StaleCodeError
            Where the policy is to stop at one of other code.
        """
        try:
            return self._equal(asked)
        except StoreError:  # told of a moment ago, or when the call is recorded
            return None

    def reason(self, asked: Asked) -> MissReason:
        """Return why a call runs."""
        if asked.foreign:
            return "untrusted"
        try:
            return reason_of(self._store, asked)
        except StoreError:
            return "store"

    def _equal(self, asked: Asked) -> Found | None:
        state, inputs = asked.state, asked.inputs
        standing, new = state.standing, left_out(asked.op, asked.inputs)
        before = standing.without(new, state.reads) if new else ()
        for prefix in (state.prefix, *standing.stand_ins, *before):
            own = prefix is state.prefix
            found = self._find(asked, asked.cid if own else state.cid(inputs, prefix=prefix))
            if found is None and state.spec.nout != ANY_NUMBER:  # from before the op declared its outputs
                found = self._find(asked, state.cid(inputs, ANY_NUMBER, prefix))
                found = found if found is not None and len(found.outputs) == state.spec.nout else None
            if found is not None:
                return found
        if self._succession.on_change == "error":
            for other in standing.others:
                if self._find(asked, state.cid(inputs, prefix=other.prefix)) is not None:
                    raise self._succession.stale(state.spec, other.recorded.version, state.version)
        return None

    def _find(self, asked: Asked, cid: bytes) -> Found | None:
        return self._recorder.unwritten(cid) or self._trusted(asked, self._store.find_content(cid))

    def _trusted(self, asked: Asked, found: Found | None) -> Found | None:
        """Return a recorded call if it was written by somebody who counts; say once that others were met."""
        if found is None or found.trusted:
            return found
        asked.foreign = True
        if not self._told:
            self._told = True
            warn_user(
                f"an equal call of {asked.op.spec.name} is recorded, but not under your key, so it runs anew, and so "
                "do others like it: storage.signers() says who wrote this store, and storage.trust(...) makes their "
                "records yours"
            )
        return None
