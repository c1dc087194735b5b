"""The exported page: what may run in it, and what is not in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hostile import HOSTILE, hostile_frame

from mandala_lab import MandalaLabWarning, MList, Storage, op
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.loader import kept
from mandala_lab.model.errors import UntrustedValueError
from mandala_lab.model.traces import error_name
from mandala_lab.report.content import COLUMNS, ROWS

CANARY = "canary-5f1e"


@op(output_names=["token"])
def login(user, password, amount):
    """Get a token."""
    if amount < 0:
        raise ValueError(f"{user} may not: {amount}\n  File x\n{CANARY}: {password}")
    return f"{user}:{amount}"


@op(output_names=["table"])
def tabulate(token, secretive):
    return pd.DataFrame({"token": [token], "cell": [secretive]})


@op(output_names=["passed"])
def passed_on(anything):
    return anything


@op(output_names=["size"])
def count(items: MList[str]):
    return len(items)


class Told:
    """Tells when code of its own runs."""

    def __init__(self, x):
        self.x = x

    def __setstate__(self, state):
        sys.stdout.write("read\n")
        self.__dict__.update(state)

    def __repr__(self):
        sys.stdout.write("shown\n")
        return "Told"


@op(output_names=["told"])
def told_of(x):
    return Told(x)


@pytest.fixture
def frame(storage):
    with storage:
        token = login(CANARY + "user", CANARY + "password", 123456.5)
        tabulate(token, CANARY + "cell")
        passed_on(CANARY + "password")
        count([CANARY + "password", "another"])
        with pytest.raises(ValueError, match="may not"):
            login(CANARY + "user", CANARY + "password", -987654.5)
    return storage.cf("run")


def page_of(frame, tmp_path, **options):
    return frame.save_html(tmp_path / "page.html", **options).read_text(encoding="utf-8")


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_without_values_no_value_is_in_the_page(frame, tmp_path):
    page = page_of(frame, tmp_path)
    told = re.sub(re.escape("{CANARY}"), "", page)
    assert CANARY not in told
    assert "123456.5" not in page
    assert "987654.5" not in page
    data = data_of(page)
    failures = next(one for one in data["ops"] if one["node"] == "op:login")["failures"]
    assert [one["error"] for one in failures] == ["ValueError"]
    assert all(one["values"] == [] for one in data["variables"])
    assert data["summary"]["store"] == "store.db"
    assert str(tmp_path) not in page


def test_with_values_they_are_and_so_are_messages(frame, tmp_path):
    page = page_of(frame, tmp_path, values=True, title="A <title>")
    assert "123456.5" in page
    assert CANARY + "password" in page
    assert "<title>A &lt;title&gt;</title>" in page
    failures = next(one for one in data_of(page)["ops"] if one["node"] == "op:login")["failures"]
    assert CANARY in failures[0]["error"]


@pytest.mark.parametrize("redact", ["password", "PASS*", ["password", "u*ser?"]])
@pytest.mark.filterwarnings("ignore:redact names 'u.ser.'")
def test_what_is_named_is_left_out_wherever_it_appears(frame, tmp_path, redact):
    page = page_of(frame, tmp_path, values=True, redact=redact)
    assert CANARY + "password" not in page
    assert CANARY + "user" in page
    assert "left out of this export" in page
    assert {one["error"] for each in data_of(page)["ops"] for one in each["failures"]} == {"ValueError"}


@pytest.mark.parametrize("redact", [pd.DataFrame, "DataFrame", "pandas.*DataFrame", [pd.DataFrame]])
def test_types_are_left_out(frame, tmp_path, redact):
    page = page_of(frame, tmp_path, values=True, redact=redact)
    values = next(one for one in data_of(page)["variables"] if one["node"] == "var:table")["values"]
    assert [value["preview"]["text"] for value in values] == ["left out of this export"]


def test_a_type_is_left_out_inside_collections_too(storage, tmp_path):
    with storage:
        passed_on([{"a": (np.float64(77.25), 1)}])
    frame = storage.cf(passed_on)
    assert "77.25" in page_of(frame, tmp_path, values=True)
    assert "77.25" not in page_of(frame, tmp_path, values=True, redact=np.floating)


def test_a_name_that_means_nothing_is_told(frame, tmp_path):
    entries = ["passwort", "user", "DataFrame", "nothing*", "pandas.Datframe", "a.b", bytearray, pd.DataFrame]
    with pytest.warns(MandalaLabWarning) as told:
        page_of(frame, tmp_path, values=True, redact=entries)
    assert [re.findall(r"redact names '(.*?)'", str(one.message)) for one in told] == [
        ["passwort"],
        ["nothing*"],
        ["pandas.Datframe"],
        ["a.b"],
        ["bytearray"],
    ]
    assert "did you mean 'password'" in str(told[0].message)


def test_values_that_only_code_can_read_are_not_read(tmp_path, capsys):
    with Storage(tmp_path / "code.db") as storage:
        told = told_of(1)
    capsys.readouterr()
    page = page_of(storage.cf(told_of), tmp_path, values=True)
    assert "is a pickle, which is not read only to be shown" in page
    storage.cf(told_of).save_py(tmp_path / "program.py", told)
    assert capsys.readouterr().out == ""
    assert [one.value.x for one in storage.cf(told_of).get_var_values("told")] == [1]
    assert capsys.readouterr().out == "read\n"


def test_nor_is_one_that_belongs_to_no_storage():
    ref = kept(content_id(Told(1)).hex(), "00" * 22, Told(1))
    with pytest.raises(UntrustedValueError, match="which is not read only to be shown"):
        ref.peek(data_only=True)
    assert ref.peek().x == 1


def test_redact_takes_names_and_types(frame, tmp_path):
    with pytest.raises(TypeError, match="redact takes names and types, not 3"):
        frame.save_html(tmp_path / "x.html", redact=[3])


def test_the_policy_lets_only_its_own_script_and_styles_be(frame, tmp_path):
    page = page_of(frame, tmp_path)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="(.*?)"', page)[1]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"] == "data:"
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        found = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in found}
        assert set(rules[rule].split()) == hashes
    assert not re.search(r"(src|href)=\"(?!data:,)", page.partition("<script")[0])


def test_hostile_texts_leave_the_page_as_it_is(storage, tmp_path):
    frame = hostile_frame(storage)
    page = page_of(frame, tmp_path, values=True, title=HOSTILE[1])
    assert page.count("<script") == page.count("</script") == 2
    names = {one["label"] for one in data_of(page)["scene"]["nodes"]}
    assert set(HOSTILE) <= names


def test_a_large_frame_is_bounded(tmp_path):
    @op
    def square(x):
        return x * x

    with Storage() as storage:
        for number in range(ROWS + 5):
            square(number)
    table = data_of(page_of(storage.cf(square), tmp_path))["table"]
    assert (len(table["rows"]), table["total"]) == (ROWS, ROWS + 5)
    assert len(table["columns"]) <= COLUMNS


def test_an_empty_frame_has_a_page(storage, tmp_path):
    data = data_of(page_of(storage.cf([]), tmp_path))
    assert data["scene"]["nodes"] == data["ops"] == []


@pytest.mark.parametrize(
    ("trace", "name"),
    [
        (
            'Traceback (most recent call last):\n  File "a", line 1\n    f()\nmy.Kind: text\n  File "b"\nSECRET: x',
            "my.Kind",
        ),
        ("ValueError: 42", "ValueError"),
        ("KeyError", "KeyError"),
        ("42: no name", "an error"),
        ("  + Exception Group Traceback (most recent call last):\n  | x", "an error"),
        ("", "an error"),
    ],
)
def test_the_type_of_an_error_is_told_and_nothing_of_its_message(trace, name):
    assert error_name(trace) == name


@op(output_names=["y"])
def descend(depth):
    time.sleep(0.01)
    return depth if depth <= 0 else descend(depth - 1) + leaf(depth)


@op(output_names=["leaf"])
def leaf(depth):
    time.sleep(0.01)
    return depth


def took(frame, tmp_path):
    data = data_of(page_of(frame, tmp_path))
    return data["summary"]["tookS"], {one["node"]: one["tookS"] for one in data["ops"]}


def test_a_call_inside_another_one_is_no_time_of_its_own(storage, tmp_path):
    with storage:
        descend(4)
        descend(2)  # a hit
        leaf(9)
    frame = storage.cf("run")
    calls = {call.inputs["depth"].value: call for call in storage.calls(descend)}
    leaves = storage.calls(leaf)
    total, of_ops = took(frame, tmp_path)
    outer, alone = calls[4].duration_s, next(call for call in leaves if call.parent is None).duration_s
    assert total == pytest.approx(outer + alone, abs=1e-5) == storage.stats().computed_s
    assert of_ops["op:descend"] == pytest.approx(outer, abs=1e-5)
    assert of_ops["op:leaf"] == pytest.approx(sum(call.duration_s for call in leaves), abs=1e-5)
    text = frame.save_markdown(tmp_path / "page.md").read_text()
    assert f"| descend | 5 | 0 | {outer:.3g} |" in text
    part = frame.where(depth=3)
    assert took(storage.cf("run").drop("leaf").where(depth=2), tmp_path)[0] <= total + 1e-5
    assert part.nodes


def test_calls_beside_each_other_count_each(storage, tmp_path):
    def work(depth):
        with storage:
            return leaf(depth)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(6)))
    calls = storage.calls(leaf)
    assert took(storage.cf(leaf), tmp_path)[0] == pytest.approx(sum(call.duration_s for call in calls), abs=1e-5)


def test_calls_executed_in_an_earlier_run_are_looked_up_there(tmp_path):
    for _ in range(2):
        with Storage(tmp_path / "runs.db", session="runs") as storage:
            descend(2)
            leaf(2)
        storage.close()
    storage = Storage(tmp_path / "runs.db", session="runs")
    assert took(storage.cf("run"), tmp_path)[0] == pytest.approx(storage.stats(everything=True).computed_s, abs=1e-5)


def test_a_page_is_saved_though_calls_were_deleted(frame, storage, tmp_path):
    whole = len(frame.calls)
    storage.drop_calls([call for call in storage.calls(login) if call.status == "error"])
    note = "1 call was deleted from the storage after this frame was made"
    for values in (False, True):
        page = page_of(frame, tmp_path, values=values)
        assert note in page
        assert "deleted from the storage" in str(data_of(page)["ops"])
    assert note in frame.save_markdown(tmp_path / "page.md").read_text()
    storage.drop_calls(list(storage.cf("run").calls), delete_dependents=True)
    storage.cleanup_refs()
    page = page_of(frame, tmp_path, values=True)
    assert f"{whole} calls were deleted" in page
    assert took(frame, tmp_path)[0] == 0
    for ask in (frame.calls_by_func, lambda: frame.select("duration:>1s"), lambda: frame.where(duration=">1s")):
        with pytest.raises(LookupError, match=r"deleted from the storage .*make the frame anew"):
            ask()
