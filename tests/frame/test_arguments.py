"""Wrong arguments of frames: each is told at once, with what is wanted in its place."""

from __future__ import annotations

import copy
import pickle

import pytest
from pydantic import SecretStr

from mandala_lab import ComputationFrame, MandalaLabWarning, Ref, Storage, op


@op(output_names=["model"])
def fit(depth):
    return {"depth": depth}


@op(output_names=["acc"])
def evaluate(model):
    return model["depth"] / 10


@pytest.fixture
def filled(storage):
    with storage:
        for depth in (1, 2):
            evaluate(fit(depth))
    return storage


@pytest.fixture
def frame(filled):
    return filled.cf("run")


def first(frame):
    return next(iter(frame.calls.values()))


def last(frame):
    return list(frame.calls.values())[-1]


@pytest.mark.parametrize(
    ("ask", "error", "said"),
    [
        (lambda f: f.where(op=["fit"]), TypeError, r"op= takes an op, or its name .*not \['fit'\]; of a variable 'op'"),
        (lambda f: f.where(duration=1), TypeError, r"duration= takes a text such as '>1.5s', or a function of seconds"),
        (lambda f: f.where(time=1), TypeError, r"time= takes a text such as '>2026-01-31'"),
        (lambda f: f.where(status=["ok"]), TypeError, r"status= takes 'ok' or 'error', not \['ok'\]"),
        (lambda f: f.where(status=str), TypeError, r"status= takes 'ok' or 'error'"),
        (lambda f: f.where(run=2), TypeError, r"run= takes the id of a run, as a text, not 2"),
        (lambda f: f.where("depth"), TypeError, r"conditions by name, such as where\(depth=3\); a mapping, not str"),
        (lambda f: f.where({"depth": 1}, depth=2), ValueError, r"where has two conditions on 'depth'"),
        (lambda f: f | None, TypeError, r"a frame is joined with another frame, not NoneType"),
        (lambda f: f & "acc", TypeError, r"a frame is joined with another frame, not str"),
        (lambda f: f.compare(3), TypeError, r"a frame is compared with another frame, not int"),
        (lambda f: f.replace(first(f), 3), TypeError, r"a replay of the call, or another call, second, not int"),
        (lambda f: f.replace(3, first(f)), TypeError, r"a call of the frame first, not int"),
        (lambda f: ComputationFrame.from_dict(f.to_dict(), None), TypeError, r"the storage that has .*, not NoneType"),
        (lambda f: f.rename("acc"), TypeError, r"such as rename\(\{'var_0': 'y'\}\), not str"),
        (lambda f: f.rename({"depth": 3}), TypeError, r"a name is a text, not int"),
        (lambda f: f.rename({"depth": " "}), ValueError, r"cannot be renamed to ' '"),
        (lambda f: f.select(3), TypeError, r"a selection is a text, such as '\+model' or 'depth=3', not int"),
        (lambda f: f[0], TypeError, r"nodes go by their names, such as 'x' or .* not by 0"),
        (lambda f: f.expand_back(3), TypeError, r"nodes go by their names, .* not by 3"),
        (lambda f: f.save_html("x.html", redact=3), TypeError, r"redact takes names and types, .*not int"),
        (lambda f: f.save_html("x.html", title=3), TypeError, r"the title of a page is a text, not int"),
        (lambda f: f.save_markdown("x.md", title=3), TypeError, r"is a text, not int"),
        (lambda f: f.save("x.py"), ValueError, r"frame.save_py\(path, ref\)"),
        (lambda f: f.draw(orientation="XX"), ValueError, r"orientation='XX' is not a choice"),
        (lambda f: f.where(depth=int), TypeError, r"int is a class: .*isinstance\(value, int\), for itself \{int\}"),
        (lambda f: f.isin([1], by="hid"), TypeError, r"isin takes refs and their ids here, and 1 is neither"),
        (lambda f: f.isin([1], node_class="func"), TypeError, r"isin takes calls and their ids here, and 1 is neither"),
        (lambda f: f.where(version="zz"), ValueError, r"'zz' begins no version"),
        (lambda f: f.select("depth > 1"), ValueError, r"'>' stands alone.*without spaces, such as x>2"),
        (lambda f: f.replace(first(f), last(f)), ValueError, r"is a call of another op than"),
        (lambda f: f.delete_calls_from_df(f.df("depth")), ValueError, r"this table has no calls"),
        (lambda f: f.delete_calls_from_df(3), TypeError, r"a table that df\(\) returned, not int"),
        (lambda f: f.select_subsets(3), TypeError, r"ids by node, .*not int"),
        (lambda f: f.to_dot("XX"), ValueError, r"orientation='XX' is not a choice"),
        (lambda _: ComputationFrame.union(), ValueError, r"give at least one frame"),
        (lambda _: ComputationFrame.intersection(), ValueError, r"give at least one frame"),
        (lambda f: f.groupby("dept"), ValueError, r"did you mean 'depth'"),
        (lambda f: f.select("+acc,!depth"), ValueError, r"what is left out stands apart, such as \+score !x"),
        (lambda f: f.where(run="no"), ValueError, r"nothing is recorded of a run 'no'; .*storage.run"),
        (lambda f: f.select("run:no"), ValueError, r"nothing is recorded of a run 'no'"),
        (lambda f: f.select("depth>a"), ValueError, r"no value of 'depth' can be compared with 'a': they are .* int"),
        (lambda f: f.upstream(), ValueError, r"upstream takes names of nodes, such as frame.upstream\('x'\)"),
        (lambda f: f.downstream(), ValueError, r"downstream takes names of nodes"),
        (lambda f: f.save_png("x.png", scale="a"), ValueError, r"scale='a' is not a number"),
        (lambda f: f.drop("fit", "acc"), TypeError, r"inplace= is True or False, not 'acc'; several nodes .* one list"),
        (lambda f: f.groupby("fit"), ValueError, r"'fit' is an operation; choose one of 'depth', 'model', 'acc'"),
        (lambda f: f.where(duration="5s"), ValueError, r"duration:5s says neither more nor less; write duration:>5s"),
        (pickle.dumps, TypeError, r"belongs to its storage: save\('frame.json'\)"),
    ],
)
def test_a_wrong_argument_is_told(frame, ask, error, said):
    with pytest.raises(error, match=said):
        ask(frame)


def test_what_is_not_found_makes_a_table_without_rows(frame):
    found = frame.where(depth=77).df("depth", "acc")
    assert list(found.columns) == ["depth", "acc"]
    assert len(found) == 0


def test_a_name_in_quotes_is_that_name(storage):
    @op(output_names=["a b", "a*", "a\nb"])
    def several(x):
        return x, 2 * x, 3 * x

    with storage:
        several(1.5), several(float("nan"))
    frame = storage.cf(several)
    assert frame.select('"a b"').nodes == frame.select("'a b'").nodes == {"a b"}
    assert frame.select('var:"a*"').nodes == {"a*"}
    assert frame.select('"a\nb"').nodes == {"a\nb"}
    assert frame.select("a*").nodes == {"a b", "a*", "a\nb"}
    assert frame.select('1+"a*"').nodes == frame.nodes, "a call brings its refs"
    assert frame.select('"a b">1').df("a b")["a b"].tolist() == [1.5]
    assert len(frame.select("x=nan").refs) == 1
    assert frame.select("x!=nan").df("x")["x"].tolist() == [1.5]


@pytest.mark.parametrize(
    "ask",
    [lambda f: f.select("x" * 5_000), lambda f: f["x" * 5_000], lambda f: f.select(f"{'x' * 5_000}:y")],
)
def test_a_long_name_is_cut_in_a_message(frame, ask):
    with pytest.raises(ValueError, match="\N{HORIZONTAL ELLIPSIS}") as told:
        ask(frame)
    assert len(str(told.value)) < 400


def test_an_op_stands_for_its_name(frame):
    assert frame.where(op=fit).to_bytes() == frame.where(op="fit").to_bytes()
    assert len(frame.where(op=fit, depth=1).calls) == 2


def test_where_speaks_of_a_variable_called_like_an_attribute_of_calls(storage):
    @op
    def wait(duration):
        return duration

    with storage:
        wait(1), wait(2)
    assert len(storage.cf(wait).where({"duration": 1}).calls) == 1


def test_one_name_is_enough_where_several_are_taken(frame):
    table = frame.df("depth", "model", lazy_vars="model")
    assert [type(cell).__name__ for cell in table["model"]] == ["Ref", "Ref"]
    assert frame["acc"].nodes == frame[["acc"]].nodes


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, ComputationFrame.copy])
def test_a_copy_is_a_frame_of_its_own(frame, copied):
    other = copied(frame)
    assert other.to_bytes() == frame.to_bytes()
    other.drop("fit", inplace=True)
    assert "fit" in frame


def test_a_frame_has_its_nodes(frame):
    assert "acc" in frame
    assert "fit" in frame
    assert "no" not in frame
    assert 3 not in frame
    assert set(frame) == frame.nodes


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("evaluate", r"for all calls of the op of this name, pass the op itself, not its name"),
        ([fit, evaluate], r"pass it alone, cf\(fit\); frames of several are joined, cf\(fit\) \| cf\(other\)"),
        ({" ": []}, r"a variable needs a name"),
        ([[1]], r"\[1\] is neither one nor the hid of one$"),
    ],
)
def test_what_a_frame_is_made_of_is_told(filled, source, said):
    with pytest.raises(ValueError, match=said):
        filled.cf(source)
    assert set(filled.cf(fit) | filled.cf(evaluate)) == {"fit", "evaluate", "depth", "model", "acc"}
    assert Storage().cf([]).nodes == set()


def test_a_secret_stays_a_ref_in_a_table(storage):
    @op(output_names=["n"])
    def pages(token, number):
        return number * len(token.get_secret_value())

    with storage:
        pages(SecretStr("hunter2"), 3)
    table = storage.cf(pages).df("token", "number", "n")
    assert table[["number", "n"]].to_numpy().tolist() == [[3, 21]]
    assert isinstance(table["token"][0], Ref)


def test_an_op_without_calls_is_told_of_its_namesakes(storage):
    def made(module):
        def weigh(x):
            return x

        weigh.__module__, weigh.__qualname__ = module, "weigh"
        return op(weigh)

    with storage:
        made("__main__")(1)
    with pytest.warns(MandalaLabWarning, match=r"no calls of tools:weigh, but of __main__:weigh: an op is its module"):
        assert storage.cf(made("tools")).nodes == set()
    assert storage.cf(fit).nodes == set()  # of no name that is known
