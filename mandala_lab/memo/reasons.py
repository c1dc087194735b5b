"""Why a call is a miss, in a word, as far as that is known at once.

The whole answer, with the nearest earlier call, is `mandala_lab.records.explain`'s.
"""

from __future__ import annotations

from mandala_lab.memo.asked import Asked
from mandala_lab.model.calls import MissReason
from mandala_lab.ports.call_store import CallStore

_LOOKED_AT = 3  # states of the op, the newest ones: each costs a question to the store


def reason_of(store: CallStore, asked: Asked) -> MissReason:
    """Return the first reason that holds.

    An equal call under other code, or with other global data, is looked for; where
    there is none the arguments are new.
    """
    state, spec = asked.state, asked.op.spec
    if not spec.pure:
        return "impure"
    if not spec.answers:
        return "not saved"
    for other in state.standing.others[:_LOOKED_AT]:
        if store.find_content(state.cid(asked.inputs, prefix=other.prefix)) is not None:
            return "globals" if other.recorded.version.digest == state.version.digest else "code"
    return "arguments" if state.standing.is_recorded or state.ran else "first call"
