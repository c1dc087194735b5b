"""Registered types, and code as stored values."""

from __future__ import annotations

import functools
import math
import sys
import types

import numpy as np
import pytest
from value_pairs import Point, Registered, Scaler, Serialized, double

import mandala_lab.wiring  # noqa: F401 - connects the digester of code
from mandala_lab import CorruptValueError, UnstorableError, UntrustedValueError
from mandala_lab.memo.encoding import code, content_id, decode, encode, forms, register_hasher, register_serializer
from mandala_lab.memo.values import load, store


class Token:
    def __init__(self, text):
        self.text = text


class OtherToken(Token):
    pass


def _text(value):
    return value.text


def test_the_same_registration_again_is_harmless_and_another_is_an_error():
    register_hasher(Token, _text)
    register_hasher(Token, _text)
    with pytest.raises(ValueError, match="different hasher already"):
        register_hasher(Token, lambda value: value.text.lower())
    register_serializer(Token, _text, Token, name="token")
    register_serializer(Token, _text, Token, name="token")
    with pytest.raises(ValueError, match="different serializer already"):
        register_serializer(Token, _text, lambda text: Token(text + "!"), name="token")
    with pytest.raises(ValueError, match="is taken by"):
        register_serializer(OtherToken, _text, OtherToken, name="token")


def test_a_cell_that_registers_may_be_run_again():
    class Local:
        pass

    for _ in range(2):
        register_hasher(Local, lambda _value: 1)
    assert content_id(Local()) == content_id(Local())


def test_types_with_a_format_of_their_own_are_not_registered():
    for kind in (int, dict, np.ndarray):
        with pytest.raises(ValueError, match="a format of their own"):
            register_hasher(kind, repr)
    with pytest.raises(TypeError, match="for a type"):
        register_hasher("int", repr)


def test_a_subclass_of_a_registered_type_is_not_registered():
    class Child(Registered):
        pass

    with pytest.raises(UnstorableError, match=r"builtins\.object"):  # the handle that the hasher leaves out
        content_id(Child("u"))


def test_a_serialized_value_is_data_and_read_only_where_its_type_is_registered(monkeypatch):
    stored = store([Serialized(20)])
    assert stored.format == "tree"
    assert load(stored)[0].degrees == 20
    monkeypatch.delitem(forms._by_name, "own degrees")
    with pytest.raises(UntrustedValueError, match="call register_serializer for it"):
        load(stored)


def test_functions_are_stored_as_where_to_find_them():
    for value in (
        math.sqrt,
        np.mean,
        np.add,
        double,
        Point,
        Scaler(2).scale,
        "a".upper,
        str.upper,
        functools.partial(double, 3),
    ):
        stored = store([value])
        assert content_id(load(stored)) == stored.cid
    assert store(double).format == "tree"
    assert load(store(double)) is double


def test_code_that_is_not_loaded_or_has_changed_is_named(monkeypatch):
    module = types.ModuleType("of_the_user")
    exec("def f(x):\n    return x + 1", vars(module))
    module.f.__module__ = "of_the_user"
    monkeypatch.setitem(sys.modules, "of_the_user", module)
    data = encode(module.f)
    assert decode(data) is module.f
    first = module.f
    exec("def f(x):\n    return x + 2", vars(module))
    module.f.__module__ = "of_the_user"
    assert content_id(first) != content_id(module.f)
    with pytest.raises(UntrustedValueError, match=r"of_the_user\.f as it was; its code has changed"):
        decode(data)
    monkeypatch.delitem(sys.modules, "of_the_user")
    with pytest.raises(UntrustedValueError, match=r"of_the_user\.f, which is not loaded here: define or import it"):
        decode(data)


def test_a_lambda_cannot_be_found_by_name():
    with pytest.raises(UntrustedValueError, match="a lambda, cannot be found by its name"):
        decode(encode(lambda x: x))


class Watched:
    runs = 0

    @property
    def trap(self):
        type(self).runs += 1


def test_looking_code_up_runs_no_property_and_believes_no_name():
    data = encode(double)
    head = data[: data.index(b"code") + 4]
    for what in [
        ("attribute", np.float64(1), "real"),
        ("attribute", Point, "nothing"),
        ("code", "os", "system", "", "", b""),
    ]:
        with pytest.raises((UntrustedValueError, CorruptValueError)):
            decode(head + encode(what))
    found = decode(head + encode(("attribute", Watched, "trap")))
    assert found is vars(Watched)["trap"]
    assert Watched.runs == 0


def test_a_function_that_reads_itself_has_an_id(monkeypatch):
    def reader(held):
        def handle():
            return held

        held.append(handle)
        return handle

    monkeypatch.setattr(code, "_digester", lambda target: (b"code", [("held", target.__closure__[0].cell_contents)]))
    assert content_id(reader([])) == content_id(reader([]))
    assert content_id(reader([])) != content_id(reader([1]))
    with pytest.raises(UnstorableError, match="containing itself"):
        content_id(reader([]).__closure__[0].cell_contents)


def test_code_without_a_digester_is_refused(monkeypatch):
    monkeypatch.setattr(code, "_digester", None)
    assert content_id(math.sqrt) == content_id(math.sqrt), "installed code goes by its name"
    with pytest.raises(UnstorableError, match="open a Storage first"):
        content_id(double)


def test_a_global_that_a_function_reads_is_part_of_it():
    scope = {"factor": 2, "__name__": "__main__"}
    exec("def f(x):\n    return x * factor", scope)
    before = content_id(scope["f"])
    scope["factor"] = 3
    assert content_id(scope["f"]) != before


def test_an_object_that_hides_its_state_is_refused():
    class Hidden:
        def __reduce_ex__(self, protocol):
            raise RuntimeError("no")

    class Named:
        def __reduce__(self):
            return "nowhere"

    class Odd:
        def __reduce__(self):
            return ()

    for kind, words in [(Hidden, "does not tell its state"), (Named, "which is not so"), (Odd, "no meaning")]:
        with pytest.raises(UnstorableError, match=words):
            content_id(kind())
