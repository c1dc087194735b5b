"""Signed pickles: the last resort for objects that have no data-only format.

A pickle runs code when it is read. So each is signed with a key that lies
outside every store, readable by its user alone, and nothing is unpickled before
its signature was verified. The signature covers the content id too: one value's
pickle cannot be passed off as another's.
"""

from __future__ import annotations

import hmac
import io
import pickle
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

from blake3 import blake3

from mandala_lab.memo.encoding.secrets import SecretError, refuse
from mandala_lab.memo.live_code import reduced
from mandala_lab.model.errors import UnstorableError, UntrustedValueError
from mandala_lab.model.refs import short_repr
from mandala_lab.model.secrets import is_secret
from mandala_lab.trust import keys
from mandala_lab.trust.keyring import Keyring

_SIZE = 32
_SECRETS = b"mandala-lab secret 1\0"
_DOMAIN = b"mandala-lab signed pickle 1\0"


def dump(value: Any, cid: bytes, apart: Callable[[Any], Any] | None = None) -> bytes:
    """Return a signed pickle, under an id.

    `apart` says for each object under which name it is kept apart from the pickle,
    or ``None``.

    Raises
    ------
    UnstorableError
        When the value cannot be pickled, or there is no key and none can be made.
    """
    try:
        data = _pickled(value, apart)
    except SecretError:
        raise
    except Exception as error:  # whatever the user's own classes raise
        raise UnstorableError(
            f"a value of type {type(value).__name__} cannot be pickled: {short_repr(error)}"
        ) from error
    try:
        key = keys.own_key() or keys.make_key()
    except OSError as error:
        raise UnstorableError(
            f"there is no key to sign a pickle with: {error}; see {keys.KEY_FILE_VARIABLE}"
        ) from error
    return _signature(key, cid, data) + data


def keyed_digest(data: bytes) -> bytes:
    """Return a digest that nobody makes without the key of this user.

    Raises
    ------
    UnstorableError
        When there is no key and none can be made.
    """
    try:
        key = keys.own_key() or keys.make_key()
    except OSError as error:
        raise UnstorableError(
            f"there is no key to tell secrets apart with: {error}; see {keys.KEY_FILE_VARIABLE}"
        ) from error
    return bytes(blake3(_SECRETS + data, key=key).digest())


def load(signed: bytes | memoryview, cid: bytes, apart: Callable[[Any], Any] | None = None) -> Any:
    """Return the value of a signed pickle, after verifying who wrote it; `apart` gives what is kept apart from it.

    Raises
    ------
    UntrustedValueError
        When it was not signed with the key of this user, or cannot be read with
        the code that is installed here.
    """
    view = memoryview(signed)
    try:
        known = Keyring.of_user().all_keys
    except OSError as error:
        raise UntrustedValueError(f"the key that signs pickles cannot be read: {error}") from error
    if not is_signed(view, cid, known):
        raise UntrustedValueError(
            f"value {cid.hex()} is a pickle that was not signed with your key ({keys.key_file()}), and reading a "
            "pickle can run any code: compute it anew, or, if you trust who wrote it, storage.trust(their key file)"
        )
    try:
        return _Unpickler(io.BytesIO(view[_SIZE:]), apart).load()
    except Exception as error:  # a class that is gone, a package of another version
        raise UntrustedValueError(
            f"value {cid.hex()} is a pickle that cannot be read here ({short_repr(error)}): "
            "import or install what it was made with, or compute it anew"
        ) from error


class _Unpickler(pickle.Unpickler):
    """Reads a pickle that was signed with the user's own key."""

    def __init__(self, file: io.BytesIO, apart: Callable[[Any], Any] | None) -> None:
        super().__init__(file)
        self._apart = apart

    def persistent_load(self, kept: Any) -> Any:
        """Return what is kept apart from the pickle."""
        if self._apart is None:
            raise pickle.UnpicklingError("a part of it is kept elsewhere")
        return self._apart(kept)


def _pickled(value: Any, apart: Callable[[Any], Any] | None) -> bytes:
    """Pickle by value what is not importable, with the place where its source is found again."""
    import cloudpickle

    from mandala_lab.memo.decorator import Op, reduce_op

    anyhow = cloudpickle.CloudPickler.dispatch_table
    reducers: dict[type, Callable[[Any], Any]] = {
        types.CodeType: lambda code: (remade_code, (anyhow[types.CodeType](code)[1], code.co_filename)),
        Op: reduce_op,
    }
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        reducers[numpy_random.RandomState] = _reduced_random_state

    def pickled(*, whole: bool) -> bytes:
        class Pickler(cloudpickle.CloudPickler):  # type: ignore[misc] # it is not typed
            dispatch_table = anyhow.new_child(reducers)

            def persistent_id(self, obj: Any) -> Any:
                return None if apart is None else apart(obj)

            def reducer_override(self, obj: Any) -> Any:
                if is_secret(type(obj)):
                    refuse(obj)
                by_value = super().reducer_override(obj)
                return reduced(obj, by_value, functions=apart is None, whole=whole)

        buffer = io.BytesIO()
        Pickler(buffer, protocol=5).dump(value)
        return buffer.getvalue()

    try:
        return pickled(whole=True)
    except (pickle.PicklingError, TypeError):  # a class that holds a lock, say: whoever reads it has to have it
        return pickled(whole=False)


def _reduced_random_state(state: Any) -> Any:
    return (shared_random_state, ()) if state is shared_random_state() else state.__reduce__()


def shared_random_state() -> Any:
    """Return the random state that all of numpy's functions share; pickles name this function."""
    from numpy.random import mtrand

    return mtrand._rand  # noqa: SLF001 - it has no other name


def remade_code(parts: tuple[Any, ...], filename: str) -> types.CodeType:
    """Return code as it was before it was pickled; pickles name this function."""
    return types.CodeType(*parts).replace(co_filename=filename)


def is_signed(signed: memoryview, cid: bytes, known: Iterable[bytes]) -> bool:
    """Whether a pickle was signed, under this id, with one of these keys."""
    found = bytes(signed[:_SIZE])
    return any(hmac.compare_digest(_signature(key, cid, signed[_SIZE:]), found) for key in known)


def signed_anew(signed: bytes | memoryview, cid: bytes, key: bytes) -> bytes:
    """Return the same pickle, unread, with the signature of another key."""
    data = memoryview(signed)[_SIZE:]
    return _signature(key, cid, data) + data


def _signature(key: bytes, cid: bytes, data: bytes | memoryview) -> bytes:
    hasher = blake3(_DOMAIN + len(cid).to_bytes(8, "big") + cid, key=key)
    hasher.update(data)
    return bytes(hasher.digest())
