from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mandala_lab import Storage, op
from mandala_lab.schema.scene import SCENE_MIME


@op(output_names=["total"])
def add(a, b):
    return a + b


@op
def split(n):
    return n // 2, n - n // 2


@op(output_names=["same"])
def same(x):
    return x


@op(output_names=["x"])
def advance(x):
    return x + 1


@pytest.mark.parametrize("steps", [10, 100, 400])
def test_expanding_back_finds_a_whole_loop(storage, steps):
    with storage:
        x = advance(0)
        for _ in range(steps - 1):
            x = advance(x)
    frame = storage.cf(x).expand_back(recursive=True)
    frame.check()
    assert len(frame.calls) == steps
    assert len(frame.refs) == steps + 1
    assert len(storage.cf(x).expand_back().calls) == 1


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["add", "split", "same"]), st.integers(0, 9), st.integers(0, 9)), max_size=12)
)
def test_every_frame_keeps_the_laws(program):
    with Storage() as storage:
        values = [1, 2]
        for name, i, j in program:
            left, right = values[i % len(values)], values[j % len(values)]
            made = add(left, right) if name == "add" else split(left) if name == "split" else same(left)
            values.extend(made if isinstance(made, tuple) else [made])
    sources = [None, "run", add, split, list(values[2:])]
    for source in sources:
        frame = storage.cf(source)
        before = frame.to_bytes()
        grown = frame.expand_all()
        for each in (frame, frame.expand_back(), frame.expand_forward(), grown):
            each.check()
        assert grown.expand_all().to_bytes() == grown.to_bytes()
        assert set(frame.calls) <= set(grown.calls)
        assert frame.to_bytes() == before
        assert len(grown.scene().nodes) == len(grown.nodes)
    storage.close()


@pytest.fixture
def sums(storage):
    with storage:
        for a in (1, 2):
            add(add(a, 10), 100)
    return storage


def test_a_table_has_a_row_for_each_history(sums):
    table = sums.cf(add).df("a", "total")
    assert list(table.itertuples(index=False, name=None)) == [(1, 11), (11, 111), (2, 12), (12, 112)]
    joined = sums.cf(add).expand_all().df("a", "total")
    assert [set(cell) for cell in joined["a"]] == [{1, 11}, {2, 12}]
    assert [set(cell) for cell in joined["total"]] == [{11, 111}, {12, 112}]
    assert sums.cf(add).df("a", values="refs")["a"][0].value == 1
    assert sums.cf(add).df("a")["a"].tolist() == [1, 11, 2, 12]
    assert sums.cf(add).df("b").shape[0] == 2
    assert sums.cf(add).df(include_calls=False).columns.tolist() == list(sums.cf(add).vnames)


def test_going_back_along_a_loop_finds_one_variable_of_results(storage):
    @op(output_names=["x"])
    def step(x):
        return x + 1

    with storage:
        x = 0
        for _ in range(10):
            x = step(x)
    frame = storage.cf(x).expand_back(recursive=True)
    frame.check()
    assert sorted(map(len, frame.refs_by_var().values())) == [1, 10]


def test_a_frame_of_nothing_and_a_repeated_column(sums):
    assert sums.cf([]).nodes == set()
    assert list(sums.cf(add).df("a", "a").columns) == ["a"]


def test_finders_refuse_what_they_cannot_find_by(sums):
    with pytest.raises(ValueError, match=r"where names 'aa', .* did you mean 'a'"):
        sums.calls(add, where={"aa": 1})
    with pytest.raises(TypeError, match="an op is wanted, or its name"):
        sums.calls(3)
    with pytest.raises(ValueError, match="no op 'typo' was called or is defined"):
        sums.calls("typo")
    for wrong in ("zz", "z" * 40, ""):
        with pytest.raises(LookupError):
            sums.get_call(wrong)
        with pytest.raises(LookupError):
            sums.load_ref(wrong)
    assert sums.store.last_spans(["zz"]) == {}


def test_nodes_without_a_path_share_a_table(storage):
    with storage:
        add(1, 2)
        same(5)
    table = storage.cf("run").df("total", "same_0")
    assert sorted(map(str, table["total"])) == ["3", "None"]
    assert sorted(map(str, table["same_0"])) == ["5", "None"]


def test_mistakes_name_the_nearest_choice(sums):
    frame = sums.cf(add)
    for misuse, message in [
        (lambda: frame.df("totl"), "did you mean 'total'"),
        (lambda: frame.df("a", values="obj"), "did you mean 'objs'"),
        (lambda: frame.expand_back("add"), "is an operation"),
        (lambda: sums.cf(3), "give an op"),
        (lambda: sums.cf([1]), "neither one nor the hid of one"),
        (lambda: sums.cf("zz"), "neither one nor the hid of one"),
        (lambda: sums.calls(status="oops"), "status='oops'"),
        (lambda: frame.save_svg("x.png"), "does not end in .svg"),
    ]:
        with pytest.raises(ValueError, match=message):
            misuse()


def test_an_output_named_like_its_op_is_another_node(storage):
    with storage:
        same(1)
    frame = storage.cf(same)
    assert frame.fnames == {"same"}
    assert list(frame.vnames) == ["x", "same_0"]
    assert frame.edges() == [("x", "same", "x"), ("same", "same_0", "same")]


def test_unnamed_outputs_are_numbered(storage):
    with storage:
        split(7)
    assert list(storage.cf(split).vnames) == ["n", "var_0", "var_1"]


def test_an_output_whose_name_begins_like_a_number_keeps_it(storage):
    with storage:
        op(output_names=["output_path"], name="write")(lambda x: f"{x}.csv")(1)
    assert set(storage.cf(None).vnames) == {"x", "output_path"}


def test_a_union_keeps_calls_whose_refs_lie_only_in_the_other(sums):
    frame = sums.cf(add)
    bare = frame.select_subsets({"add": frame.fs["add"]})
    other = sums.cf({"elsewhere": list(frame.refs.values())})
    both = bare | other
    both.check()
    assert set(both.calls) == set(frame.calls)
    assert set(both.refs) == set(frame.refs)
    assert ("add", "elsewhere", "total") in both.edges()


def test_a_union_of_parts_is_the_whole_and_puts_no_value_into_another_variable(storage):
    with storage:
        start = advance(0)
        same(start), same(advance(start))
    frame = storage.cf("run")
    ((last, _, _),) = [edge for edge in frame.edges() if edge[1] == "same" and edge[0] != "x"][:1]
    parts = frame.drop(last), frame[["advance", last]]
    assert parts[0] | parts[1] | frame == frame
    for both in (parts[0] | parts[1], parts[1] | parts[0]):
        both.check()
        assert {name: set(refs) for name, refs in both.vs.items()} == {
            name: set(refs) for name, refs in frame.vs.items()
        }


def test_growing_keeps_calls_whose_refs_come_in(storage):
    with storage:
        x = advance(advance(0))
    frame = storage.cf(advance)
    first = next(iter(frame.fs["advance"]))
    thin = frame.select_subsets({"advance": frame.fs["advance"], "x": [frame.calls[first].inputs["x"].hid]})
    grown = thin.expand_forward("x")
    grown.check()
    assert set(grown.calls) == set(frame.calls)
    assert x.hid in frame.refs


def test_expanding_all_without_reuse_comes_to_rest(storage):
    with storage:
        made = [advance(0)]
        for _ in range(3):
            made.append(advance(made[-1]))
        halves = split(made[-1])
    whole = storage.cf({"p": halves[0], "x": made[0]}).expand_all(reuse_existing=False)
    assert set(whole.expand_all(reuse_existing=False).refs) == set(whole.refs)
    assert halves[1].hid in whole.refs


def test_rows_are_in_order_of_recording_however_the_frame_grew(storage):
    with storage:
        add(1, 5)
        same(2)
        same(1)
    assert storage.cf(same).df("x")["x"].tolist() == [2, 1]
    grown = storage.cf(same).expand_forward("x")  # what took 1 first is known now
    assert len(grown.calls) == 3
    assert grown.df("x")["x"].tolist() == [1, 2]


def test_exports_agree(sums, tmp_path, capsys):
    frame = sums.cf(add)
    graph = frame.to_networkx()
    assert set(graph.nodes) == set(frame.nodes)
    assert graph.number_of_edges() == len(frame.edges())
    assert {kind for _, kind in graph.nodes(data="kind")} == {"var", "op"}
    frame.print_graph()
    assert "add" in capsys.readouterr().out
    assert {name: len(refs) for name, refs in frame.refs_by_var().items()} == {"a": 4, "b": 2, "total": 4}
    assert [len(calls) for calls in frame.calls_by_func().values()] == [4]


def test_draw_shows_and_writes_as_asked(sums, tmp_path, capsys, monkeypatch):
    frame, opened = sums.cf(add), []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert frame.draw() is frame
    assert frame.draw("none") is None
    saved = frame.draw(path=tmp_path / "frame.svg", orientation="LR")
    assert ET.parse(saved).getroot().tag.endswith("svg")
    assert saved.read_text() == frame.to_svg("LR")
    assert capsys.readouterr().out == ""
    frame.draw("browser", verbose=True, print_dot=True)
    assert "digraph mandala" in capsys.readouterr().out
    (place,) = opened
    assert place.startswith("file://")
    with pytest.raises(ValueError, match=r"did you mean path='x.svg'"):
        frame.draw("x.svg")
    with pytest.raises(ValueError, match="did you mean 'inline'"):
        frame.draw("inlined")


def test_an_empty_frame_is_ordinary(storage):
    frame = storage.cf(add)
    frame.check()
    assert frame.nodes == set()
    assert frame.df().empty
    assert "empty" in frame.get_graph_desc()


def test_the_display_holds_what_every_front_end_needs(sums):
    bundle, metadata = sums.cf(add)._repr_mimebundle_()
    assert metadata == {}
    assert ET.fromstring(bundle["image/svg+xml"]).tag.endswith("svg")
    assert json.dumps(bundle[SCENE_MIME])
    assert "ComputationFrame" in bundle["text/plain"]
    assert set(sums.cf(add)._repr_mimebundle_(include=["text/plain"])[0]) == {"text/plain"}


def test_hostile_names_are_text(storage):
    hostile = op(name="<script>alert(1)</script>]]>\x00", output_names=['"><img onerror=x>'])(lambda x: x)
    with storage:
        hostile(1)
    root = ET.fromstring(storage.cf(hostile).to_svg())
    assert not [element for element in root.iter() if element.tag.endswith(("script", "img"))]


def test_provenance_is_found(sums):
    table = sums.calls(add, where={"a": 1})
    assert [call.inputs["b"].value for call in table] == [10]
    made = table[0].outputs["total"]
    assert sums.get_ref_creator(made) == table[0]
    assert sums.get_ref_creator(table[0].inputs["a"]) is None
    assert [call.inputs["b"].value for call in sums.store.consumers([made.hid])] == [100]
    assert sums.versions(add)[0].source.startswith("@op")
    with pytest.raises(LookupError, match="no call has"):
        sums.get_call("zz")
