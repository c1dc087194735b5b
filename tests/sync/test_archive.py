"""Archives and merges: a union of sets that loses nothing and believes nothing."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mandala_lab import MandalaLabWarning, MList, Storage, StoreError, op
from mandala_lab.trust import keys


@op
def inc(x):
    return x + 1


@op
def ramp(n):
    return np.arange(n)


@op
def parts(n) -> MList:
    return [list(range(i, i + 40)) for i in range(n)]


@op
def total(items: MList):
    return sum(map(sum, items))


def fill(path, numbers=(1, 2)) -> Storage:
    with Storage(path, overflow_threshold_MB=0.02) as storage:
        for number in numbers:
            inc(inc(number)), ramp(100 * number), ramp(5000 * number), total(parts(number + 1))
    return storage


def held(storage) -> dict[str, list]:
    return {
        call.hid: [[ref.cid for ref in call.outputs.values()], [ref.hid for ref in call.inputs.values()]]
        for call in storage.store.calls_of_session(None)
    }


def test_an_archive_gives_back_all_that_was_stored(path, tmp_path):
    first = fill(path)
    size = first.backup(tmp_path / "all.zip")
    assert size == (tmp_path / "all.zip").stat().st_size
    second = Storage(tmp_path / "second.db")
    taken = second.merge(tmp_path / "all.zip")
    assert (taken.calls, taken.values, taken.damaged) == (len(held(first)), first.stats().values, 0)
    assert held(second) == held(first)
    assert second.fsck().exit_code == 0
    assert second.stats(everything=True).computed == first.stats(everything=True).computed
    with second:
        assert [ramp(5000).value.sum(), total(parts(2)).value] == [
            12497500,
            sum(sum(range(i, i + 40)) for i in range(2)),
        ]
    assert second.stats().computed == 0
    assert second.merge(tmp_path / "all.zip").calls == 0
    assert [event.kind for event in second.store.events() if event.kind == "import"] == ["import"] * 2


def test_an_archive_is_the_users_alone_and_replaces_an_older_one(path, tmp_path):
    target = tmp_path / "all.zip"
    target.write_text("an older one")
    fill(path).backup(target)
    assert zipfile.is_zipfile(target)
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in tmp_path.iterdir() if one.name.startswith(".")) == []


def test_where_an_archive_cannot_be_written_nothing_is_left(path, tmp_path, monkeypatch):
    storage = fill(path)
    with pytest.raises(StoreError, match="does not exist; create it"):
        storage.backup(tmp_path / "no folder" / "all.zip")
    (tmp_path / "folder.zip").mkdir()
    with pytest.raises(StoreError, match="is a folder: choose another name"):
        storage.backup(tmp_path / "folder.zip")
    (tmp_path / "folder.zip").rmdir()
    with pytest.raises(ValueError, match=r"all.tar does not end in .zip, .* name it .*all.zip"):
        storage.backup(tmp_path / "all.tar")
    for place in (path, f"{path}-wal"):
        with pytest.raises((StoreError, ValueError), match=r"is a store|does not end in \.zip"):
            storage.backup(place)
    monkeypatch.setattr("zipfile.ZipFile.writestr", _full)
    with pytest.raises(StoreError, match="No space left"):
        storage.backup(tmp_path / "all.zip")
    assert not list(tmp_path.glob("*.zip")) + list(tmp_path.glob(".*"))


def _full(*_args, **_options):
    raise OSError(28, "No space left on device")


def test_a_backup_is_of_one_moment_while_others_write(path, tmp_path):
    storage = fill(path)
    begun, over = threading.Event(), threading.Event()

    def write():
        number = 10
        with storage:
            while not over.is_set():
                inc(inc(number))
                number += 1
                begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait(30)
    try:
        for number in range(3):
            storage.backup(tmp_path / f"{number}.zip")
    finally:
        over.set()
        writer.join()
    for number in range(3):
        copy = Storage(tmp_path / f"{number}.db")
        copy.merge(tmp_path / f"{number}.zip")
        assert copy.fsck().exit_code == 0
        for call in copy.calls(inc):
            makers = [ref.hid for ref in call.inputs.values()]
            assert call.inputs["x"].own_value() == 1 or copy.store.creators(makers) or call.inputs["x"].own_value() >= 2


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(1, 5)), st.sets(st.integers(1, 5)), st.integers())
def test_a_merge_is_a_union_in_any_order(tmp_path, one, other, salt):
    folder = tmp_path / f"{sorted(one)}{sorted(other)}{salt}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    stores = [fill(folder / "one.db", sorted(one)), fill(folder / "other.db", sorted(other))]
    both = held(stores[0]) | held(stores[1])
    for name, order in (("forward", stores), ("backward", stores[::-1])):
        target = Storage(folder / f"{name}.db")
        for source in order:
            target.merge(source.path)
        assert held(target) == both
        assert target.fsck().exit_code == 0
        target.close()
    for source in stores:
        source.close()


def test_records_of_others_stay_theirs(tmp_path, monkeypatch):
    mine = os.environ[keys.KEY_FILE_VARIABLE]
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, str(tmp_path / "theirs"))
    theirs = fill(tmp_path / "theirs.db")
    theirs.backup(tmp_path / "theirs.zip")
    theirs.close()
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, mine)
    storage = fill(tmp_path / "mine.db", [1])
    storage.merge(tmp_path / "theirs.zip")
    assert {one.standing: one.calls for one in storage.signers()}.keys() == {"you", "unknown"}
    storage.close()
    with Storage(tmp_path / "mine.db") as again:
        assert inc(inc(1)).value == 3
    assert again.stats().computed == 0  # ours stayed ours
    assert again.fsck().exit_code == 2


def test_a_record_that_counts_comes_beside_one_that_does_not(tmp_path, monkeypatch):
    mine = os.environ[keys.KEY_FILE_VARIABLE]
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, str(tmp_path / "theirs"))
    fill(tmp_path / "shared.db").close()
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, mine)
    fill(tmp_path / "mine.db").backup(tmp_path / "mine.zip")
    storage = Storage(tmp_path / "shared.db")
    storage.merge(tmp_path / "mine.zip")
    assert {one.standing: one.calls for one in storage.signers()} == dict.fromkeys(
        ("you", "unknown"), len(held(storage))
    )
    with storage:
        inc(inc(1))
    assert storage.stats().computed == 0


def test_damaged_values_stay_where_they_were(path, tmp_path):
    fill(path, [1]).close()
    connection = sqlite3.connect(path)
    connection.execute("update stored_values set data = zeroblob(length(data)) where id = 1")
    connection.commit()
    connection.close()
    target = Storage(tmp_path / "target.db")
    taken = target.merge(path)
    assert taken.damaged == 1
    assert "1 damaged records were left out" in str(taken)


def test_records_that_were_changed_stay_where_they_were(path, tmp_path):
    fill(path, [1]).close()
    connection = sqlite3.connect(path)
    connection.execute("update calls set links = (select links from calls where id = 1) where id = 2")
    connection.commit()
    connection.close()
    target = Storage(tmp_path / "target.db")
    taken = target.merge(path)
    assert (taken.calls, taken.damaged) == (len(held(Storage(path))) - 1, 1)
    assert target.fsck().exit_code == 0


def test_records_without_what_they_refer_to_stay_where_they_were(path, tmp_path):
    fill(path, [1]).close()
    connection = sqlite3.connect(path)
    connection.execute("pragma foreign_keys = off")
    connection.execute("delete from ops where name = 'ramp'")
    connection.execute("delete from runs")
    connection.execute("update calls set hid = 'a text' where id = 1")
    connection.commit()
    connection.close()
    target = Storage(tmp_path / "target.db")
    taken = target.merge(path)
    assert taken.damaged == 5  # calls, and the versions of an op that is not there
    assert {call.name for call in target.calls()} >= {"inc", "total"}
    assert not {fault.place for fault in target.fsck().faults} & {"call", "database"}


def rewrite(source: Path, target: Path, change) -> None:
    """Copy an archive with its files changed."""
    with zipfile.ZipFile(source) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files["manifest.json"])
    change(files, manifest)
    files["manifest.json"] = json.dumps(manifest).encode() if isinstance(manifest, dict) else b""
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def _traversal(files, manifest):
    manifest["sizes"]["../escaped"] = 3
    files["../escaped"] = b"out"


def _absolute(files, manifest):
    manifest["sizes"]["/tmp/escaped"] = 3
    files["/tmp/escaped"] = b"out"


def _short(files, manifest):
    manifest["sizes"]["store.db"] -= 1


def _long(files, manifest):
    manifest["sizes"]["store.db"] += 1


def _lacks(files, manifest):
    del files[next(name for name in files if "values" in name)]


def _newer(files, manifest):
    manifest["format"] = 2


def _unknown(files, manifest):
    manifest["more"] = 1


def _negative(files, manifest):
    manifest["sizes"]["store.db"] = -1


def _no_database(files, manifest):
    files["store.db"] = b"no database at all"
    manifest["sizes"]["store.db"] = 18


@pytest.mark.parametrize(
    "change", [_traversal, _absolute, _short, _long, _lacks, _newer, _unknown, _negative, _no_database]
)
def test_an_archive_that_was_tampered_with_is_refused_and_writes_nothing_elsewhere(path, tmp_path, change):
    fill(path, [1]).backup(tmp_path / "good.zip")
    rewrite(tmp_path / "good.zip", tmp_path / "bad.zip", change)
    storage = Storage(tmp_path / "target.db")
    before = {one.name for one in tmp_path.iterdir()}
    with pytest.raises(StoreError):
        storage.merge(tmp_path / "bad.zip")
    assert {one.name for one in tmp_path.iterdir()} == before
    assert not Path("/tmp/escaped").exists()
    assert held(storage) == {}


def test_what_an_archive_holds_besides_is_left_alone(path, tmp_path):
    fill(path, [1]).backup(tmp_path / "good.zip")
    rewrite(tmp_path / "good.zip", tmp_path / "more.zip", lambda files, _: files.update({"../more": b"more"}))
    assert Storage(tmp_path / "target.db").merge(tmp_path / "more.zip").calls
    assert not (tmp_path.parent / "more").exists()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_archive_is_refused_or_what_it_gives_is_right(tmp_path, data):
    good = tmp_path / "good.zip"
    if not good.exists():
        fill(tmp_path / "source.db", [1]).backup(good)
    content = bytearray(good.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    (tmp_path / "bad.zip").write_bytes(content)
    for file in tmp_path.glob("target.db*"):
        shutil.rmtree(file) if file.is_dir() else file.unlink()
    target = Storage(tmp_path / "target.db")
    try:
        target.merge(tmp_path / "bad.zip")
    except StoreError:
        assert held(target) == {}
    else:
        assert target.fsck().exit_code == 0
    finally:
        target.close()


@pytest.mark.parametrize("name", ["missing.zip", "text.zip", "other.zip", "folder"])
def test_what_is_neither_archive_nor_store_is_told(tmp_path, name):
    (tmp_path / "text.zip").write_text("a text" * 1000)
    (tmp_path / "folder").mkdir()
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "some other zip")
    with pytest.raises(StoreError, match=r"no file|not a database|no archive of a store|read as an archive"):
        Storage(tmp_path / "target.db").merge(tmp_path / name)


def test_what_is_pinned_is_pinned_after_a_restore(path, tmp_path):
    storage = fill(path, [1])
    storage.pin(storage.calls(ramp)[0], "in the paper")
    storage.backup(tmp_path / "all.zip")
    restored = Storage(tmp_path / "restored.db")
    restored.merge(tmp_path / "all.zip")
    assert [(pin.hid, pin.reason) for pin in restored.pins()] == [(storage.calls(ramp)[0].hid, "in the paper")]


def test_a_backup_without_a_value_is_none(path, tmp_path):
    storage = fill(path, [1])
    (tmp_path / "all.zip").write_text("an older one")
    (file,) = Path(f"{path}.values").iterdir()
    file.unlink()
    with pytest.raises(StoreError, match="cannot be had: No such file or directory: repair the store first"):
        storage.backup(tmp_path / "all.zip")
    assert (tmp_path / "all.zip").read_text() == "an older one"
    with pytest.warns(MandalaLabWarning, match="made again by running ramp"):
        storage.fsck(repair=True)
    assert storage.backup(tmp_path / "all.zip") > 1000


def test_a_backup_while_another_collects_is_whole(path, tmp_path):
    storage, over = fill(path, [1]), threading.Event()

    def work():
        with Storage(path, session="other", overflow_threshold_MB=0.02) as other:
            number = 10
            while not over.is_set():
                ramp(5000 + number)
                number += 1
                if number % 3 == 0:
                    other.gc(max_bytes=30_000)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for number in range(8):
            storage.backup(tmp_path / f"{number}.zip")
    finally:
        over.set()
        worker.join()
    for number in range(8):
        copy = Storage(tmp_path / f"{number}.db")
        assert copy.merge(tmp_path / f"{number}.zip").damaged == 0
        assert copy.fsck().exit_code == 0
