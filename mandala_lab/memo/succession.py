"""Which recorded code versions stand in for the present one: `on_change` and declared compatibility.

Versions that were declared compatible form a class that is recorded, and keys
use its representative. Beyond that the policy says what an equal call under
other code means: to run again, to be reused, or to stop.
"""

from __future__ import annotations

from dataclasses import dataclass

from mandala_lab.memo.warn import warn_user
from mandala_lab.model.calls import Given, RecordedState
from mandala_lab.model.errors import StaleCodeError, StoreError
from mandala_lab.model.ops import CodeVersion, OpSpec
from mandala_lab.ports.call_store import CallStore
from mandala_lab.ports.version_resolver import VersionResolver
from mandala_lab.settings import OnChange

_LOOKED_AT = 64


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a code version, with the data that it reads, stands among those that are recorded.

    Attributes
    ----------
    representative
        Of its class of compatible versions, as it is used in keys.
    stand_ins
        Prefixes of keys under which equal calls answer too.
    others
        All other states of the op, newest first.
    is_recorded
        Whether the op was recorded in any state.
    is_new
        Whether the version itself was never recorded.
    """

    representative: bytes
    stand_ins: tuple[bytes, ...] = ()
    others: tuple[RecordedState, ...] = ()
    is_recorded: bool = False
    is_new: bool = True

    def without(self, parameters: frozenset[str], reads: tuple[Given, ...]) -> list[bytes]:
        """Return the prefixes from before these parameters existed, where the same data was read."""
        return [
            one.prefix
            for one in self.others
            if (names := one.recorded.version.parameters) and not parameters & set(names) and _agree(one.reads, reads)
        ]


class Succession:
    """Says where code versions stand.

    Parameters
    ----------
    store
        Where versions are recorded.
    versions
        Says what differs between two of them.
    on_change
        ``"recompute"``, ``"reuse"``, ``"warn"`` (reuse and say so) or ``"error"``.
    """

    def __init__(self, store: CallStore, versions: VersionResolver, on_change: OnChange) -> None:
        self.on_change = on_change
        self._store = store
        self._versions = versions

    def namesake(self, spec: OpSpec) -> str | None:
        """Return the key of another recorded op that goes by the same short name."""
        try:
            return self._store.namesake(spec.name, spec.key)
        except StoreError:  # whoever reads the call next says so
            return None

    def standing(self, spec: OpSpec, version: CodeVersion, reads: tuple[Given, ...], *, fixed: bool) -> Standing:
        """Return where an op stands with its present version and data; `fixed` where its user gave the version."""
        try:
            recorded = self._store.states(spec.key, _LOOKED_AT)
        except StoreError:  # whoever reads the call next says so
            return Standing(version.digest)
        own = next((one.recorded for one in recorded if one.recorded.version.digest == version.digest), None)
        states = [one for one in recorded if one.prefix]
        reuses = self.on_change in {"reuse", "warn"} and not fixed
        if own is None and states and reuses:
            latest = states[0].recorded
            representative = latest.representative
            if self.on_change == "warn":
                warn_user(f"{self._difference(spec, latest.version, version)}; earlier results are used")
        else:
            representative = version.digest if own is None else own.representative
        related = [
            one.prefix
            for one in states
            if reuses or (one.recorded.representative == representative and _is_other(one, version, reads))
        ]
        others = tuple(one for one in states if not _is_same(one, version, reads))
        return Standing(representative, tuple(related), others, bool(states), own is None)

    def stale(self, spec: OpSpec, old: CodeVersion, new: CodeVersion) -> StaleCodeError:
        """Return the error that says that a result exists under other code."""
        return StaleCodeError(
            f"{self._difference(spec, old, new)}, and on_change='error' says to stop: open the storage with "
            "on_change='recompute' to run it again, or keep the results with storage.mark_compatible(op)"
        )

    def _difference(self, spec: OpSpec, old: CodeVersion, new: CodeVersion) -> str:
        names = ", ".join(name or "its body" for name in self._versions.changed(old, new)) or "its code"
        return f"the code of {spec.name} changed since this call was recorded ({names})"


def _agree(one: tuple[Given, ...], other: tuple[Given, ...]) -> bool:
    """Whether what both read is the same."""
    known = {read.name: read.cid for read in one}
    return all(known.get(read.name, read.cid) == read.cid for read in other)


def _is_same(one: RecordedState, version: CodeVersion, reads: tuple[Given, ...]) -> bool:
    return one.recorded.version.digest == version.digest and one.reads == reads


def _is_other(one: RecordedState, version: CodeVersion, reads: tuple[Given, ...]) -> bool:
    """Whether a state of the same class is one of another version that read the same, as far as both read it.

    Of the same version only those count that were recorded before it joined the class.
    """
    if one.recorded.version.digest == version.digest:
        return one.reads == reads
    return _agree(one.reads, reads)
