"""Variables that code names in a text: pandas, polars and SQL look them up for it."""

from __future__ import annotations

import pandas as pd
import pytest

from mandala_lab import MandalaLabWarning, Storage, op

limit = 3
table = pd.DataFrame({"a": range(10)})
unrelated = 1


def doubled(column):
    return column * 2


def tripled(column):
    return column * 3


@op
def queried(frame):
    return len(frame.query("a > @limit"))


@op
def named(frame):
    return len(frame.query(expr="a >   @ limit", engine="python"))


@op
def formatted(frame, low):
    return len(frame.query(f"a > {low} and a < @limit + 4"))


@op
def evaluated(frame):
    return int(frame.eval("b = @doubled(a)")["b"].sum())


@op
def bare():
    return int(pd.eval("limit * 2"))


@op
def inside(frame):
    return sum(len(part.query("a > @limit")) for part in [frame])


@op
def selected(run):
    return run.sql("SELECT count(*) FROM table WHERE a > 0")


wanted = "a > @limit"
wanted_by = {"name": "a > @limit"}
statement = "SELECT count(*) FROM table"


@op
def kept(frame):
    return len(frame.query(wanted))


@op
def pieced(run, column):
    return run.sql(f"SELECT {column} AS x FROM table")


@op
def stated(run):
    return run.sql(statement)


@op
def beside(frame):
    """Say that unrelated is not named in a text."""
    return len(frame.query("a > 3")) + len("unrelated@home")


class Row:
    """Stands for a table, as mapped classes do."""


class Session:
    def query(self, kind):
        return kind.__name__


@op
def mapped(session):
    return session.query(Row)


CALLS = {
    "query": lambda: queried(table),
    "keyword": lambda: named(table),
    "f-string": lambda: formatted(table, 2),
    "eval": lambda: evaluated(table),
    "pandas.eval": bare,
    "comprehension": lambda: inside(table),
    "global text": lambda: kept(table),
}


class Runner:
    """Runs SQL on the variables of whoever calls, as duckdb does."""

    def sql(self, _text):
        return len(table)


@pytest.mark.parametrize("how", CALLS)
def test_a_variable_in_a_text_counts_as_one_that_is_read(storage, monkeypatch, how):
    call = CALLS[how]
    with storage:
        before = call().value
        monkeypatch.setitem(globals(), "limit", 7)
        monkeypatch.setitem(globals(), "doubled", tripled)
        after = call().value
        assert before != after
        monkeypatch.undo()
        assert call().value == before
    assert storage.stats().computed == 2


def test_a_table_in_sql_counts_and_other_texts_do_not(storage, monkeypatch):
    with storage:
        for asked in (selected, stated, lambda run: pieced(run, "a")):
            assert asked(Runner()).value == 10
        beside(table)
        monkeypatch.setitem(globals(), "table", table[:4])
        for asked in (selected, stated, lambda run: pieced(run, "a")):
            assert asked(Runner()).value == 4
        monkeypatch.undo()
        monkeypatch.setitem(globals(), "unrelated", 2)
        beside(table)
    assert storage.stats().computed == 7


def test_a_text_that_is_not_known_is_told():
    @op
    def asked(frame, condition):
        return len(frame.query(condition))

    @op
    def trained(model):
        return model.eval()

    @op
    def held(frame):
        return len(frame.query(wanted_by["name"]))

    @op
    def joined(run, name):
        return run.sql(f"SELECT * FROM {name}")

    class Model:
        def eval(self):
            return 1

    with Storage() as storage:
        trained(Model())
        assert mapped(Session()).value == "Row"
        with pytest.warns(MandalaLabWarning, match=r"uses \.query\(wanted_by"):
            held(table)
        with pytest.warns(MandalaLabWarning, match=r"uses \.sql\(\.\.\.\)"):
            joined(Runner(), "table")
        with pytest.warns(MandalaLabWarning, match=r"uses \.query\(condition\), and the text may name variables"):
            assert asked(table, "a > 3").value == 6
        assert not storage.versions(asked)[0].complete
