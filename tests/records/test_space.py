"""Collecting, pins, quotas and giving space back."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from connectivity import links_are_whole

from mandala_lab import MandalaLabWarning, Storage, op
from mandala_lab.model.errors import StoreError
from mandala_lab.records.space import seconds_of


@op
def text(n):
    return f"{n:01000d}"


@op
def doubled(x):
    return x * 2


@op
def failing(x):
    raise ValueError(x)


def set_times(storage, **times):
    """Say how long calls took, and how many days ago they occurred, by op."""
    with storage.store._database.writing() as cursor:
        for name, (seconds, days) in times.items():
            where = "id IN (SELECT calls.id FROM calls JOIN ops ON ops.id = op_id WHERE name = ?)"
            cursor.execute(f"UPDATE calls SET duration_us = ? WHERE {where}", (int(seconds * 1e6), name))
            cursor.execute(f"UPDATE calls SET started_us = started_us - ? WHERE {where}", (days * 86_400_000_000, name))
            cursor.execute(
                f"UPDATE spans SET started_us = started_us - ? WHERE call_id IN (SELECT id FROM calls WHERE {where})",
                (days * 86_400_000_000, name),
            )


def names(storage):
    return sorted(call.name for call in storage.calls())


def test_without_limits_only_what_nothing_refers_to_goes(storage, path):
    with storage:
        kept, gone = text(1), text(2)
    storage.drop_calls([storage.get_ref_creator(gone)])
    Path(f"{path}.values").mkdir()
    (Path(f"{path}.values") / ("ab" * 20)).write_bytes(b"stray")
    foretold = storage.gc(dry_run=True)
    found = storage.gc()
    assert (found.calls, found.values, found.files) == (foretold.calls, foretold.values, foretold.files) == (0, 1, 1)
    assert found.freed == foretold.freed > 1000
    assert list(Path(f"{path}.values").iterdir()) == []
    assert kept.detached().value == f"{1:01000d}"
    assert links_are_whole(storage)
    assert [event.kind for event in storage.store.events()][-1] == "gc"


def test_a_chosen_folder_may_serve_another_store_so_its_strays_stay(path, tmp_path):
    folder = tmp_path / "large"
    with Storage(path, overflow_dir=folder, overflow_threshold_MB=0.0001) as storage:
        text(1)
    (folder / ("ab" * 20)).write_bytes(b"of somebody else")
    assert storage.gc(max_bytes=0).files == 1
    assert [one.name for one in folder.iterdir()] == ["ab" * 20]
    storage.close()


def test_files_that_two_stores_share_are_deleted_by_neither(tmp_path):
    folder, options = tmp_path / "large", {"overflow_threshold_MB": 0.0001}
    first = Storage(tmp_path / "first.db", overflow_dir=folder, **options)
    second = Storage(tmp_path / "second.db", overflow_dir=folder, **options)
    with first:
        text(1)
    with second:
        text(1), text(2)
    second.gc(max_bytes=0)
    second.drop_calls(second.calls())
    second.cleanup_refs()
    with second:
        text(3)
    second.close()
    assert first.fsck().exit_code == 0
    assert first.calls()[0].outputs["output_0"].peek() == f"{1:01000d}"
    (tmp_path / "second.db").unlink()  # it is gone, so that the first one is alone
    assert first.gc(max_bytes=0).files == 1
    first.close()


def test_the_least_worth_goes_first_from_the_last_results_inwards(storage):
    with storage:
        first = text(1)
        doubled(first)
        text(2)
        with pytest.raises(ValueError, match="3"):
            failing(3)
    set_times(storage, text=(0.001, 0), doubled=(1000, 0), failing=(10**6, 0))
    size = storage.gc(dry_run=True).kept
    one = storage.gc(size - 1)
    assert one.by_op == {"failing": 1}
    assert storage.gc(storage.gc(dry_run=True).kept - 1).by_op == {"text": 1}
    assert names(storage) == ["doubled", "text"]  # what is cheap to make is kept for what was made of it
    last = storage.gc(0)
    assert last.by_op == {"doubled": 1, "text": 1}
    assert last.seconds == pytest.approx(1000.001)
    assert (last.kept, last.reached) == (0, True)
    assert last.listed[0][0] == "text"
    assert "deleted 2 calls (1 doubled, 1 text) of 1e+03 s, 2 values and 0 files" in str(last)
    assert storage.stats().collected == 4


def test_worth_is_halved_by_age_and_grows_with_use(storage):
    with storage:
        text(1)
        doubled("x" * 1000)
        for _ in range(5):
            text(1)
    set_times(storage, text=(1, 0), doubled=(3, 0))
    assert storage.gc(4000, dry_run=True).by_op == {"doubled": 1}
    set_times(storage, text=(1, 90))
    assert storage.gc(4000, dry_run=True).by_op == {"text": 1}


def test_calls_that_did_not_occur_for_long_go(storage):
    with storage:
        doubled(text(1))
        text(2)
        doubled("fresh")
    set_times(storage, text=(1, 10))
    assert storage.gc(older_than="20d").calls == 0
    assert storage.gc(older_than=dt.timedelta(days=5), dry_run=True).by_op == {"text": 1}
    assert storage.gc(older_than="120h").calls == 1
    assert names(storage) == ["doubled", "doubled", "text"]  # what a fresh call took stays
    assert links_are_whole(storage)


@pytest.mark.parametrize(
    ("age", "error"), [("30 days", ValueError), (-1, ValueError), ([], TypeError), (float("nan"), ValueError)]
)
def test_what_is_no_age_is_refused(age, error):
    with pytest.raises(error, match="older_than"):
        seconds_of(age)


def test_what_is_no_size_is_refused(storage):
    with pytest.raises(ValueError, match="max_bytes=-1 is no size"):
        storage.gc(-1)
    with pytest.raises(TypeError, match="max_bytes is a number of bytes, not str"):
        storage.gc("1GB")
    with pytest.raises(ValueError, match="quota_MB=0 is no size"):
        Storage(quota_MB=0)


def test_what_is_pinned_stays_with_all_that_it_was_made_from(storage):
    with storage:
        first = text(1)
        last = doubled(first)
        text(2)
    storage.pin(last, "in the paper")
    found = storage.gc(0)
    assert (found.calls, found.pinned, found.reached) == (1, 2, False)
    assert "2 calls are pinned, or needed by pinned ones" in str(found)
    assert names(storage) == ["doubled", "text"]
    (pin,) = storage.pins()
    assert (pin.hid, pin.reason) == (last.hid[:40], "in the paper")
    with pytest.raises(ValueError, match=r"doubled.*is pinned \(in the paper\)"):
        storage.drop_calls([last.hid[:40]])
    with pytest.raises(ValueError, match="is pinned"):
        storage.drop_calls([first.hid[:40]], delete_dependents=True)
    with pytest.raises(StoreError, match="was pinned meanwhile"):
        storage.store.delete_calls([last.hid[:40]])
    storage.unpin(pin)
    assert storage.gc(0).calls == 2
    assert storage.stats().values == 0


def test_a_value_that_no_call_made_can_be_pinned(storage):
    with storage:
        doubled("y" * 500)
    given = storage.calls()[0].inputs["x"]
    storage.pin(given)
    assert storage.gc(0).calls == 1
    assert storage.cleanup_refs() == 0
    assert given.detached().value == "y" * 500
    storage.unpin(given)
    assert storage.cleanup_refs() == 1


def test_what_is_unknown_cannot_be_pinned(storage):
    with storage:
        made = text(1)
    wrong = made.hid[:39] + ("0" if made.hid[39] != "0" else "1")
    with pytest.raises(LookupError, match=f"did you mean '{made.hid[:40]}'"):
        storage.pin(wrong)
    with pytest.raises(LookupError, match="is no hid of a call or ref"):
        storage.pin("abc")
    with pytest.raises(LookupError, match="is not pinned"):
        storage.unpin(made)
    with pytest.raises(TypeError, match="pin takes a call, a ref, or the hid of one, not int"):
        storage.pin(5)


def test_what_happens_between_plan_and_deletion_stays(storage, path):
    with Storage(path, session="other") as other:
        used, taken, pinned, gone = text(1), text(2), text(3), text(4)
        held = other.store.holdings()
        from mandala_lab.records.collection import Plan

        plan = Plan(held)
        plan.drop_to(0)
        assert len(plan.calls) == 4
        text(1)
        doubled(taken)
        other.commit()
    storage.pin(pinned.hid[:40])
    removed = storage.store.remove(held, plan.groups, plan.batches())
    assert [held.hids[call].tobytes().hex() for call in removed.calls] == [gone.hid[:40]]
    assert names(storage) == ["doubled", "text", "text", "text"]
    assert links_are_whole(storage)
    assert used.detached().value == f"{1:01000d}"
    other.close()


def test_two_plans_of_one_moment_are_carried_out_one_after_the_other(storage, path):
    from mandala_lab.records.collection import Plan

    with storage:
        for n in range(10):
            doubled(text(n))
    held = storage.store.holdings()
    plans = [Plan(held), Plan(held)]
    for plan in plans:
        plan.drop_to(held.total // 2)
    first = storage.store.remove(held, plans[0].groups, plans[0].batches())
    storage.clear_cache()
    with storage:
        made = [doubled(text(n)).value for n in range(10)]
    second = storage.store.remove(held, plans[1].groups, plans[1].batches())
    assert first.calls
    assert not second.calls
    assert links_are_whole(storage)
    assert made == [2 * f"{n:01000d}" for n in range(10)]


def test_a_quota_is_kept_at_the_end_of_a_block_and_within_a_long_one(path):
    with Storage(path, quota_MB=0.2) as storage:
        for n in range(600):
            assert text(n).value == f"{n:01000d}"
            assert n % 50 or storage.gc(dry_run=True).kept < 0.25 * 2**20
    assert 0.1 * 2**20 < storage.gc(dry_run=True).kept <= 0.2 * 2**20
    assert storage.stats().collected > 300
    assert any(event.kind == "gc" and "quota of" in event.detail for event in storage.store.events(limit=5000))
    assert links_are_whole(storage)
    storage.close()
    with Storage(path, quota_MB=0.05) as smaller:
        pass
    assert smaller.gc(dry_run=True).kept <= 0.05 * 2**20
    smaller.close()


def test_a_quota_that_cannot_be_met_is_told_once(path):
    with Storage(path) as storage:
        for n in range(100):
            storage.pin(text(n))
    storage.close()
    limited = Storage(path, quota_MB=0.05)
    with warnings.catch_warnings(record=True) as told, limited:
        warnings.simplefilter("always")
        for n in (200, 201):
            text(n)
            limited.rest()
    (one,) = told
    assert one.category is MandalaLabWarning
    assert "quota cannot be met" in str(one.message)
    assert len(limited.pins()) == 100
    limited.close()


def test_what_a_running_call_was_given_is_not_collected_by_a_quota(path):
    many = op(lambda given: sum(len(text(n)) for n in range(300)) + len(given), name="many")
    with Storage(path, quota_MB=0.1) as storage:
        assert many(text(1000)).value == 301_000
        assert {call.name for call in storage.calls()} >= {"many"}
    assert links_are_whole(storage)
    storage.close()


def test_vacuum_gives_space_back_and_says_who_is_in_the_way(storage, path):
    with storage:
        for n in range(500):
            text(n)
    storage.gc(0)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM calls").fetchone()
    with pytest.raises(StoreError, match="another program has a transaction open"):
        storage.vacuum()
    other.close()
    assert storage.vacuum() > 300_000
    assert path.stat().st_size < 150_000
    assert Storage().vacuum() >= 0


WRITERS = """
import sys
from mandala_lab import MandalaLabWarning, Storage, op
import warnings

@op
def text(n):
    return f"{n:0500d}"

@op
def joined(left, right):
    return left[:250] + right[:250]

warnings.simplefilter("ignore", MandalaLabWarning)  # refused calls are made again below
number, seen = int(sys.argv[2]), 0
with Storage(sys.argv[1], session=str(number)) as storage:
    for turn in range(60):
        left, right = text(turn % 20), text(turn % 20 + number)
        a, b = f"{turn % 20:0500d}", f"{turn % 20 + number:0500d}"
        try:
            assert joined(left, right).value == a[:250] + b[:250]
        except LookupError as error:
            assert "storage.gc" in str(error), error
        if turn % 10 == 0:
            print(turn, flush=True)
print("right")
"""


def test_writers_go_on_while_two_collect(storage, path, tmp_path):
    (tmp_path / "work.py").write_text(WRITERS)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(tmp_path / "work.py"), str(path)]
    writers = [
        subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for n in range(4)
    ]
    second = Storage(path, session="second")
    collected = 0
    while any(writer.poll() is None for writer in writers):
        collected += storage.gc(20_000).calls + second.gc(10_000).calls
    for writer in writers:
        out, errors = writer.communicate()
        assert out.endswith("right\n"), errors
    assert collected > 0
    assert links_are_whole(storage)
    second.close()
