"""Whose records count, and whether all is as it was written."""

from __future__ import annotations

from pathlib import Path

from mandala_lab.model.faults import SetAside
from mandala_lab.model.refs import Ref
from mandala_lab.records import trust
from mandala_lab.records.fsck import Checkup, Progress, fsck
from mandala_lab.records.trust import Signer, Trusted
from mandala_lab.storage.opened import Opened


class Care(Opened):
    """Trust in what a store holds."""

    def signers(self) -> list[Signer]:
        """Return who wrote the records of this store, and whom you trust, those with most calls first.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op
        ... def square(x):
        ...     return x * x
        >>> with Storage("squares.db") as storage:
        ...     _ = square(3)
        >>> [(signer.standing, signer.calls) for signer in storage.signers()]
        [('you', 1)]
        """
        return trust.signers(self._written, self._parts.keyring)

    def fsck(self, repair: bool = False, *, progress: Progress | None = None) -> Checkup:
        """Check that all is as it was written: digests, signatures, and that what calls speak of is there.

        Nothing that is stored is run, and others may go on writing.

        Parameters
        ----------
        repair
            Whether to mend what can be mended. A damaged value is made again where
            its op is defined here as it was, which runs the op; else it is set
            aside, and made again when it is asked for and the op is there. A damaged
            record of a call is set aside, so that the call runs anew.
        progress
            Is called with ``"calls"`` or ``"values"`` and a number of further records that were looked at.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> @op
        ... def square(x):
        ...     return x * x
        >>> with Storage("squares.db") as storage:
        ...     _ = square(3)
        >>> checked = storage.fsck()
        >>> checked.calls, checked.faults, checked.exit_code
        (1, (), 0)
        """
        self._parts.loader.nearby.clear()  # so that what is made again is put back
        found = fsck(self._written, self._recovered if repair else None, progress)
        if found.repaired:
            self._parts.forget()
        return found

    def set_aside(self) -> list[SetAside]:
        """Return the damaged records that repairs set aside, in order of time; ``gc(set_aside=True)`` deletes them.

        What lies there is never read again. A whole one comes back when the call is
        made anew, or with `merge` out of a backup.
        """
        return self._written.set_aside()

    def _recovered(self, ref: Ref) -> object:
        return self._parts.loader.load_value(ref.detached())

    def trust(self, key: str | Path, *, pickles: bool = False) -> Trusted:
        """Let records that somebody else wrote count: their calls are hits, their values are read.

        Parameters
        ----------
        key
            File of the key that they sign with: what bears its signature counts
            from now on, in every store, as if you had written it. Or, as `signers`
            gives it, the fingerprint of a key that you do not have, or
            ``"unsigned"``: those records of this store, as they are now, are signed
            with your own key. Look at them first: whoever wrote them may have
            written any result.
        pickles
            Whether to sign pickled values too. Reading one later can run any code
            that its writer put into it.

        Raises
        ------
        StoreError
            When a key file cannot be used.
        ValueError
            When nothing in the store is signed so.
        """
        found = trust.trust(self._written, self._parts.keyring, key, pickles=pickles, tell=lambda _: None)
        self._parts.forget()
        return found

    def untrust(self, key: str | Path) -> str:
        """Let the signatures of a key that `trust` was given as a file count no longer; return its fingerprint.

        Records that were adopted by their fingerprint stay: they are signed with your own key.

        Parameters
        ----------
        key
            The key file, or its fingerprint as `signers` gives it.

        Raises
        ------
        ValueError
            When no such key is trusted, or the setting ``trusted_keys`` says so.
        """
        found = trust.untrust(self._parts.keyring, key)
        self._parts.forget()
        return found
