"""Files as arguments and results: known by their content."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from blake3 import blake3

from mandala_lab import CorruptValueError, File, MandalaLabWarning, Storage, get_content_hash, op
from mandala_lab.memo import files

runs: list[str] = []
note = runs.append


@op
def words(file):
    note("words")
    with open(file) as text:  # noqa: PTH123 - as users do
        return len(text.read().split())


@op
def written(folder, text):
    place = Path(folder) / "made.txt"
    place.write_text(text)
    return File(place)


@op
def consumed(file):
    file.path.unlink()
    return "done"


@pytest.fixture(autouse=True)
def _fresh():
    runs.clear()


@pytest.fixture
def notes(tmp_path):
    place = tmp_path / "notes.txt"
    place.write_text("to be")
    return place


def test_a_file_is_its_content_and_name_wherever_it_lies(storage, notes, tmp_path):
    with storage:
        assert words(File(notes)).value == 2
        status = notes.stat()
        notes.write_text("to do")
        os.utime(notes, ns=(status.st_atime_ns, status.st_mtime_ns))  # its date tells nothing
        assert words(File(str(notes))).value == 2
        assert runs == ["words"] * 2, "other content of the same length and date"
        (tmp_path / "elsewhere").mkdir()
        moved = shutil.copy(notes, tmp_path / "elsewhere")
        assert words(File(moved)).value == 2
        assert runs == ["words"] * 2
    renamed = shutil.copy(notes, tmp_path / "renamed.csv")
    assert get_content_hash(File(renamed)) != get_content_hash(File(notes)) == get_content_hash(File(moved))


def test_a_recorded_file_opens_only_while_it_is_what_it_was(path, notes):
    with Storage(path) as storage:
        call = words(File(notes))
        storage.close()
    with Storage(path) as storage:
        call = storage.calls("words")[0]
        assert storage.replay(call).verdict == "same"
        file = call.inputs["file"].value
        assert Path(file).read_text() == "to be"
        notes.write_text("or not")
        assert repr(file) == f"File({str(notes)!r})"
        for use in (lambda: os.fspath(file), lambda: file.path, lambda: words(file)):
            with pytest.raises(CorruptValueError, match=r"notes\.txt is not what it was"):
                use()
        notes.unlink()
        with pytest.raises(CorruptValueError, match="cannot be read: No such file"):
            os.fspath(file)


def test_a_file_is_a_result(storage, tmp_path):
    with storage:
        made = written(str(tmp_path), "one two three")
        assert words(made).value == 3
        (tmp_path / "made.txt").write_text("changed")
        with pytest.raises(CorruptValueError, match="is not what it was"):
            made.value.path.read_text()


def test_a_file_that_the_body_takes_away_costs_no_result(storage, notes):
    with storage, pytest.warns(MandalaLabWarning, match="changed its argument 'file'"):
        assert consumed(File(notes)).value == "done"


def test_what_is_no_file_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="is not there"):
        File(tmp_path / "none.csv")
    with pytest.raises(FileNotFoundError, match="is a folder: give its files"):
        File(tmp_path)
    (tmp_path / "empty").touch()
    assert get_content_hash(File(tmp_path / "empty")) == get_content_hash(File(tmp_path / "empty"))


def test_a_file_that_is_cut_while_it_is_read_does_not_end_the_process(tmp_path):
    script = (
        "import os, sys, threading\n"
        "from mandala_lab import File, get_content_hash\n"
        "place, stop = sys.argv[1], threading.Event()\n"
        "def cut():\n"
        "    while not stop.is_set():\n"
        "        os.truncate(place, 0)\n"
        "        os.truncate(place, 50_000_000)\n"
        "open(place, 'wb').close()\n"
        "cutter = threading.Thread(target=cut)\n"
        "cutter.start()\n"
        "for _ in range(50):\n"
        "    get_content_hash(File(place))\n"
        "stop.set()\n"
        "cutter.join()\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "cut")], timeout=60, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("size", [0, 1, 1 << 14, (1 << 14) + 1, (1 << 22) + 5, 1 << 23])
def test_a_file_is_read_to_its_end(tmp_path, size):
    one, other = tmp_path / "one" / "data", tmp_path / "other" / "data"
    for place in (one, other):
        place.parent.mkdir()
        place.write_bytes(bytes(size))
    first = get_content_hash(File(one))
    assert first == get_content_hash(File(other))
    other.write_bytes(bytes(max(0, size - 1)) + b"x")
    assert get_content_hash(File(other)) != first
    assert files._digest(one) == blake3(bytes(size)).digest(20)


def test_a_file_has_no_subclass():
    with pytest.raises(TypeError, match="keep a File in an attribute"):
        type("Table", (File,), {})
