"""Equal calls at the same time run once: of threads, tasks, storages and processes."""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mandala_lab import MandalaLabWarning, NewCallError, Storage, op
from mandala_lab.memo.warn import warn_user

THREADS = 8
runs: list[object] = []
note = runs.append

gates = {"entered": threading.Event(), "go on": threading.Event()}


@op(version="1")  # which looks at gates
def slow(x):
    note(x)
    gates["entered"].set()
    assert gates["go on"].wait(30)
    return [x, x]


@op(version="1")
def failing(x):
    note(x)
    gates["entered"].set()
    assert gates["go on"].wait(30)
    raise ValueError(x)


@op(version="1")
async def slow_async(x):
    note(x)
    await asyncio.sleep(0.05)
    return [x, x]


@op
def inc(x):
    note(x)
    return x + 1


@pytest.fixture(autouse=True)
def _fresh():
    before = sys.getrecursionlimit()
    yield
    sys.setrecursionlimit(before)


@pytest.fixture(autouse=True)
def _emptied():
    runs.clear()
    for event in gates.values():
        event.clear()


def at_once(storages, call):
    """Make a call from several threads while the first of them runs it; return what came of each."""

    def answered(storage):
        with storage:
            try:
                return storage.unwrap(call())
            except ValueError as error:
                return error

    with ThreadPoolExecutor(THREADS) as pool:
        first = pool.submit(answered, storages[0])
        assert gates["entered"].wait(30)
        others = [pool.submit(answered, storages[number % len(storages)]) for number in range(1, THREADS)]
        waiting = [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]
        assert len(waiting) == THREADS
        gates["go on"].set()
        return [future.result(30) for future in (first, *others)]


@pytest.mark.parametrize("group_commits_ms", [0, 10_000])
def test_threads_wait_for_the_one_that_runs_it(path, group_commits_ms):
    storage = Storage(path, group_commits_ms=group_commits_ms)
    assert at_once([storage], lambda: slow(1)) == [[1, 1]] * THREADS
    assert runs == [1]
    storage.commit()
    assert storage.stats().computed == 1
    assert storage.stats().cached == THREADS - 1


def test_so_do_storages_of_one_file(path):
    storages = [Storage(path) for _ in range(4)]
    assert at_once(storages, lambda: slow(1)) == [[1, 1]] * THREADS
    assert runs == [1]


def test_calls_of_equal_content_and_other_histories_wait_too(storage):
    with storage:
        one = inc(0)
    assert at_once([storage], lambda: slow(one)) == [[1, 1]] * THREADS
    gates["entered"].set()
    with storage:
        assert slow(1).value == [1, 1]
    assert runs == [0, 1]


def test_each_who_waited_for_a_failure_fails_by_itself(storage):
    found = at_once([storage], lambda: failing(1))
    assert [str(error) for error in found] == ["1"] * THREADS
    assert runs == [1] * THREADS
    assert storage.calls("failing")[0].status == "error"


@pytest.mark.parametrize("group_commits_ms", [0, 10_000])
def test_tasks_wait_without_blocking_their_loop(path, group_commits_ms):
    async def main():
        with Storage(path, group_commits_ms=group_commits_ms) as storage:
            beats = []

            async def beat():
                for _ in range(10):
                    await asyncio.sleep(0.001)
                    beats.append(1)

            *found, _ = await asyncio.gather(*(slow_async(x % 2) for x in range(60)), beat())
            return [storage.unwrap(ref) for ref in found], len(beats)

    found, beats = asyncio.run(main())
    assert found == [[0, 0], [1, 1]] * 30
    assert sorted(runs) == [0, 1]
    assert beats == 10


def test_a_call_inside_itself_recurses_as_a_plain_function(storage):
    @op
    def endless(x):
        return endless(x)

    @op
    async def endless_async(x):
        return await endless_async(x)

    with storage:
        with pytest.raises(RecursionError):
            endless(1)
        sys.setrecursionlimit(len(inspect.stack(0)) + 300)  # tracebacks of a thousand frames take their time
        with pytest.raises(RecursionError):
            asyncio.run(endless_async(1))
    error = storage.calls("endless")[-1].error
    assert re.search(r"\n  \.\.\. \d+ frames \.\.\.\n", error)
    assert "RecursionError: maximum recursion depth exceeded" in error.splitlines()[-1]


def test_calls_that_lead_to_each_other_do_not_wait_for_each_other(storage):
    both = threading.Barrier(2)

    @op(version="1", ignore_args=["depth"])
    def one(x, depth):
        if depth == 2:
            both.wait(30)
        return other(x, depth - 1) if depth else x

    @op(version="1", ignore_args=["depth"])
    def other(x, depth):
        if depth == 2:
            both.wait(30)
        return one(x, depth - 1) if depth else x

    def answered(call):
        with storage:
            return call(1, 2).value

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(answered, [one, other], timeout=30)) == [1, 1]


def test_who_waits_long_for_a_thread_is_told(storage, monkeypatch):
    monkeypatch.setattr("mandala_lab.memo.flights._SAY_AFTER_S", 0.01)

    def waited():
        threading.Timer(0.3, gates["go on"].set).start()
        with storage, pytest.warns(MandalaLabWarning, match="waiting for another thread of this process, .* of slow"):
            return slow(1).value

    def ran():
        with storage:
            return slow(1).value

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ran)
        assert gates["entered"].wait(30)
        assert pool.submit(waited).result(30) == first.result(30) == [1, 1]
    assert runs == [1]


def test_what_is_refused_or_cancelled_holds_nobody_up(storage):
    async def cancelled():
        task = asyncio.ensure_future(slow_async(5))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with storage:
        storage.allow_new_calls(False)
        with pytest.raises(NewCallError):
            inc(3)
        storage.allow_new_calls(True)
        assert inc(3).value == 4
        asyncio.run(cancelled())
        assert asyncio.run(slow_async(5)).value == [5, 5]


def test_grouped_calls_of_equal_content_run_once_before_they_are_written(path):
    with Storage(path, group_commits_ms=10_000) as storage:
        one = inc(inc(0))
        assert inc(1).cid == one.cid
    assert runs == [0, 1]
    assert storage.stats().cached == 1


# --- processes

WORK = """
import os, sys, threading, time
from pathlib import Path
from mandala_lab import Storage, op

folder = Path(sys.argv[1])

@op(version="1")
def work(x):
    with open(folder / "log", "a") as log:
        log.write(f"{os.getpid()} {x}\\n")
    if sys.argv[2] == "hang":
        (folder / "entered").touch()
        time.sleep(1000)
    time.sleep(0.002)
    return [x] * 100

options = {"group_commits_ms": 10} if "grouped" in sys.argv else {}
with Storage(folder / "store.db", **options) as storage:
    found = [storage.unwrap(work(x)) for x in range(int(sys.argv[3]))]
assert found == [[x] * 100 for x in range(int(sys.argv[3]))]
"""


def started(tmp_path, *arguments):
    (tmp_path / "work.py").write_text(WORK)
    command = [sys.executable, str(tmp_path / "work.py"), str(tmp_path), *map(str, arguments)]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})


@pytest.mark.parametrize("mode", ["each", "grouped"])
def test_processes_share_the_work(tmp_path, mode):
    processes = [started(tmp_path, mode, 100) for _ in range(4)]
    assert [process.wait(120) for process in processes] == [0] * 4
    done = [line.split() for line in (tmp_path / "log").read_text().splitlines()]
    assert sorted(int(x) for _, x in done) == list(range(100))


def test_the_work_of_a_process_that_is_killed_is_taken_over_and_its_holder_was_named(tmp_path, monkeypatch):
    monkeypatch.setattr("mandala_lab.memo.flights._SAY_AFTER_S", 0.05)
    process = started(tmp_path, "hang", 1)
    while not (tmp_path / "entered").exists():
        assert process.poll() is None

    @op(name="__main__:work", version="1")
    def work(x):
        return [x] * 100

    def warn_and_kill(message: str) -> None:
        warn_user(message)
        process.kill()

    monkeypatch.setattr("mandala_lab.memo.flights.warn_user", warn_and_kill)
    with Storage(tmp_path / "store.db") as storage, pytest.warns(MandalaLabWarning) as told:
        assert work(0).value == [0] * 100
    assert process.wait(10) == -signal.SIGKILL, "it was waited for"
    assert storage.stats().computed == 1
    assert f"waiting for process {process.pid}, which is running this call of" in str(told[0].message)
