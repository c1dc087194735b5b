"""The space that a store takes: collecting what is least worth it, pins, and giving it back."""

from __future__ import annotations

from mandala_lab.model.calls import Call
from mandala_lab.model.holdings import Collected, Pin
from mandala_lab.model.refs import Ref
from mandala_lab.records import space
from mandala_lab.records.space import Age, Progress
from mandala_lab.storage.opened import Opened


class Space(Opened):
    """How much is kept, and what is kept for good."""

    def gc(
        self,
        max_bytes: float | None = None,
        older_than: Age | None = None,
        *,
        set_aside: bool = False,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> Collected:
        """Delete calls with the values that only they use, so that the rest is worth most for its bytes.

        Nothing that is pinned, or that a call which stays was made from, is deleted:
        calls go from the last results inwards, those of least worth first. Worth is
        ``seconds x occurrences / bytes``, halved for every 30 days since a call
        occurred last (see `mandala_lab.records.collection`); failed calls are worth
        nothing. Others may go on using the store; what they use meanwhile stays.
        With neither limit only values and files that no call refers to are deleted.

        Parameters
        ----------
        max_bytes
            What calls and values, in the database and beside it, may take afterwards.
        older_than
            Delete all that did not occur for so long: seconds, a `datetime.timedelta`
            or a text such as ``"30d"`` or ``"12h"``. With both, more goes if that is
            not enough.
        set_aside
            Delete also what repairs found damaged and set aside; `set_aside` of the storage lists it.
        dry_run
            Delete nothing, and return what would be.
        progress
            Called now and then with the numbers of calls that are gone and that are to go.

        Raises
        ------
        TypeError, ValueError
            When a limit is none.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op
        ... def numbers(n):
        ...     return list(range(n))
        >>> with Storage() as storage:
        ...     _, wanted, _ = [numbers(n) for n in (100, 200, 300)]
        >>> storage.pin(wanted, "in the paper")
        >>> found = storage.gc(max_bytes=0)
        >>> found.calls, found.pinned, found.reached
        (2, 1, False)
        """
        found = space.collect(
            self._written, max_bytes, older_than, set_aside=set_aside, dry_run=dry_run, progress=progress
        )
        if not dry_run:
            self._parts.forget_stored()
            self._parts.recorder.collected += found.calls
            self.store.log("gc", detail=str(found))
        return found

    def pin(self, call_or_ref_or_hid: Call | Ref | str, reason: str = "") -> None:
        """Keep a call for good, with all that it was made from; of a ref, the call that made it.

        A value that no call made is kept itself. Pinning again renews the reason.

        Raises
        ------
        LookupError
            When there is no such call.
        """
        space.pin(self._written, call_or_ref_or_hid, reason)

    def unpin(self, call_or_ref_or_hid: Call | Ref | Pin | str) -> None:
        """Undo `pin`.

        Raises
        ------
        LookupError
            When it is not pinned.
        """
        space.unpin(self._written, call_or_ref_or_hid)

    def pins(self) -> list[Pin]:
        """Return what is pinned, in order of time."""
        return self.store.pins()

    def vacuum(self) -> int:
        """Give the space that deleted calls and values took back to the file system; return how many bytes.

        It writes the whole file anew, so it takes time and as much free space.

        Raises
        ------
        StoreError
            When another program has a transaction open.
        """
        return self._written.vacuum()
