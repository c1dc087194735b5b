"""Which recorded code versions stand in for the present one: `on_change` and declared compatibility.

Versions that were declared compatible form a class that is recorded, and keys
use its representative. Beyond that the policy says what an equal call under
other code means: to run again, to be reused, or to stop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mandala_lab.memo.warn import warn_user
from mandala_lab.model.errors import StaleCodeError, StoreError
from mandala_lab.model.ops import CodeVersion, OpSpec, RecordedVersion
from mandala_lab.ports.call_store import CallStore
from mandala_lab.ports.version_resolver import VersionResolver

OnChange = Literal["recompute", "reuse", "warn", "error"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a code version stands among those that are recorded.

    Attributes
    ----------
    representative
        Of its class, as it is used in keys.
    stand_ins
        Further versions whose equal calls answer.
    others
        All other versions, newest first.
    """

    representative: bytes
    stand_ins: tuple[bytes, ...] = ()
    others: tuple[RecordedVersion, ...] = ()

    def without(self, parameters: frozenset[str]) -> list[bytes]:
        """Return the versions from before these parameters existed."""
        return [
            one.representative
            for one in self.others
            if one.version.parameters and not parameters & set(one.version.parameters)
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

    def recorded_names(self) -> dict[str, str]:
        """Return the keys of the recorded ops by their short names."""
        try:
            return {spec.name: spec.key for spec in self._store.ops()}
        except StoreError:  # whoever reads the call next says so
            return {}

    def standing(self, spec: OpSpec, version: CodeVersion, *, fixed: bool) -> Standing:
        """Return where the present version of an op stands; `fixed` where its user gave it."""
        try:
            recorded = self._store.versions(spec.key)
        except StoreError:  # whoever reads the call next says so
            return Standing(version.digest)
        own = next((one for one in recorded if one.version.digest == version.digest), None)
        others = tuple(one for one in reversed(recorded) if one is not own)
        reuses = self.on_change in {"reuse", "warn"} and not fixed
        if own is None and others and reuses:
            representative = others[0].representative
            if self.on_change == "warn":
                warn_user(f"{self._difference(spec, others[0].version, version)}; earlier results are used")
        else:
            representative = version.digest if own is None else own.representative
        related = [one for one in others if reuses or one.representative == representative]
        stand_ins = dict.fromkeys((version.digest, *(d for one in related for d in _digests(one))))
        return Standing(representative, tuple(one for one in stand_ins if one != representative), others)

    def stale(self, spec: OpSpec, old: CodeVersion, new: CodeVersion) -> StaleCodeError:
        """Return the error that says that a result exists under other code."""
        return StaleCodeError(
            f"{self._difference(spec, old, new)}, and on_change='error' says to stop: open the storage with "
            "on_change='recompute' to run it again, or keep the results with storage.mark_compatible(op)"
        )

    def _difference(self, spec: OpSpec, old: CodeVersion, new: CodeVersion) -> str:
        names = ", ".join(self._versions.changed(old, new)) or "its code"
        return f"the code of {spec.name} changed since this call was recorded ({names})"


def _digests(one: RecordedVersion) -> tuple[bytes, bytes]:
    return one.representative, one.version.digest
