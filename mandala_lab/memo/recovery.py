"""A value that is damaged, gone, not to be trusted or never saved: made again by the call that made it, or named."""

from __future__ import annotations

from typing import Any

from mandala_lab.memo import context, values
from mandala_lab.memo.decorator import Op, find_op
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.engine import Engine
from mandala_lab.memo.outputs import split_outputs
from mandala_lab.memo.warn import warn_user
from mandala_lab.model.calls import Call
from mandala_lab.model.errors import CorruptValueError, StoreError, UnstorableError, UntrustedValueError
from mandala_lab.model.hashing import maker_of
from mandala_lab.model.refs import Ref
from mandala_lab.model.structures import COLLECTION, is_mark, is_structural
from mandala_lab.ports.call_store import CallStore

Trouble = CorruptValueError | UntrustedValueError | LookupError


class Recovery:
    """Makes values again.

    Parameters
    ----------
    store
        Where the maker of a value is recorded, and where the value is put back.
    engine
        Knows the code that an op has now.
    """

    def __init__(self, store: CallStore, engine: Engine) -> None:
        self._store = store
        self._engine = engine

    def recover(self, ref: Ref, trouble: Trouble) -> Any:
        """Return the value of a ref, made again, with a warning unless its op never saves it.

        Raises
        ------
        CorruptValueError, UntrustedValueError, LookupError
            The `trouble`, where it cannot be made again.
        """
        maker = maker_of(bytes.fromhex(ref.hid))
        call = next(iter(self._store.calls([maker[0].hex()])), None) if maker else None
        if call is not None and is_structural(call) and COLLECTION in call.inputs:
            return self._element(ref, call, trouble)
        op = None if call is None else find_op(call.op)
        if maker is None or call is None or op is None:
            raise trouble
        try:
            value = self._made_again(op, call)[maker[1]]
            cid = content_id(value)
        except Exception as error:  # whatever the body, or an input that is damaged too, raises
            raise trouble from error
        if cid.hex() != ref.cid:
            raise trouble
        if not op.spec.saves_output(maker[1]):
            return value
        warn_user(f"{trouble}; it was made again by running {call.name}")
        self._put_back(ref, value)
        return value

    def _put_back(self, ref: Ref, value: Any) -> None:
        """Put a value that was made again in its place; whoever asked for it gets it anyway."""
        if ref.data is not None and not is_mark(ref.data):  # it lies in the record of its call
            return
        try:
            self._store.replace_value(values.store(value, bytes.fromhex(ref.cid)))
        except (UnstorableError, StoreError) as error:
            warn_user(f"it could not be put back, so it is made again each time: {error}")

    def _element(self, ref: Ref, taken: Call, trouble: Trouble) -> Any:
        """Return an element of a collection, which is made again where it cannot be read either."""
        value = taken.inputs[COLLECTION].own_value()
        found = [item for item in (value.values() if isinstance(value, dict) else value) if _is(item, ref.cid)]
        if not found:
            raise trouble
        self._put_back(ref, found[0])
        return found[0]

    def _made_again(self, op: Op[..., Any], call: Call) -> list[Any]:
        if self._engine.keyer.state(op).version.id != call.version:
            raise LookupError(f"the code of {call.name} that made it is not here")
        args, kwargs = op.binder.spell({name: self._engine.plain(ref) for name, ref in call.inputs.items()})
        context.enter_engine(None)
        try:
            with context.inside(None):
                return split_outputs(op.spec, op.f(*args, **kwargs))
        finally:
            context.leave_engine()


def _is(value: Any, cid: str) -> bool:
    return content_id(value).hex() == cid
