"""Several processes on one store: hits, kills and forks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from mandala_lab import Storage

SCRIPT = """
import sys
from mandala_lab import Storage, op

@op
def square(x):
    print("ran", x, flush=True)
    return x * x

with Storage(sys.argv[1]) as storage:
    for x in range(int(sys.argv[2])):
        square(x)
        print("done", x, flush=True)
"""


def _script(tmp_path, path, count, **options):
    (tmp_path / "work.py").write_text(SCRIPT)
    command = [sys.executable, str(tmp_path / "work.py"), str(path), str(count)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, **options)


def test_another_process_gets_hits(tmp_path, path):
    first = _script(tmp_path, path, 3).communicate()[0]
    again = _script(tmp_path, path, 3).communicate()[0]
    assert first.count("ran") == 3
    assert again.count("ran") == 0
    assert again.count("done") == 3


def test_calls_that_returned_survive_a_kill(tmp_path, path):
    process = _script(tmp_path, path, 100_000)
    done = 0
    for line in process.stdout:
        done += line.startswith("done")
        if done == 40:
            process.send_signal(signal.SIGKILL)
            break
    done += sum(line.startswith("done") for line in process.stdout)
    process.stdout.close()
    process.wait()
    again = _script(tmp_path, path, done).communicate()[0]
    assert done >= 40
    assert again.count("ran") == 0


FORKING = """
import multiprocessing, sys
from mandala_lab import Storage, op

@op
def square(x):
    return x * x

@op
def spread(numbers):
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map(square, numbers)

storage = Storage(sys.argv[1])
storage.activate()
for x in range(5):
    square(x)
with multiprocessing.get_context("fork").Pool(3) as pool:
    assert [ref.value for ref in pool.map(square, range(60))] == [x * x for x in range(60)]
assert len(spread(list(range(60, 80))).value) == 20
for x in range(80, 85):
    square(x)
print(storage.stats(everything=True).computed, storage.store.count_calls())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_processes_record_for_themselves(tmp_path, path):
    (tmp_path / "work.py").write_text(FORKING)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(tmp_path / "work.py"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["86", "86"]
    assert Storage(path).stats(everything=True).computed == 86


WORKERS = """
import copy
import multiprocessing
import pickle
import threading
from joblib import Parallel, delayed
from mandala_lab import op

BASE = 3
lock = threading.Lock()

@op
def inner(x):
    return x + BASE

@op
def sq(x):
    return inner(x) * x

@op
def down(n):
    return 0 if n < 1 else 1 + down(n - 1)

@op
def locked(x):
    with lock:
        return x

def plainly(x):
    return sq(x)

class Model:
    @op
    def double(self, x):
        return 2 * x

def local():
    @op
    def added(x):
        return x + 1
    return added

if __name__ == "__main__":
    def by_joblib(f):
        return Parallel(n_jobs=2)(delayed(f)(x) for x in range(3))

    assert by_joblib(sq) == by_joblib(plainly) == [0, 4, 10]
    assert by_joblib(down) == [0, 1, 2]
    assert by_joblib(Model().double) == [0, 2, 4]
    assert by_joblib(local()) == [1, 2, 3]
    for how in ("fork", "spawn"):
        with multiprocessing.get_context(how).Pool(2) as pool:
            assert pool.map(sq, range(3)) == [0, 4, 10]
            assert pool.map(locked, range(3)) == [0, 1, 2]
    assert pickle.loads(pickle.dumps(sq)) is copy.deepcopy(sq) is copy.copy(sq) is sq
"""


def test_ops_of_a_script_go_to_workers_as_functions_do(tmp_path):
    (tmp_path / "workers.py").write_text(WORKERS)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, str(tmp_path / "workers.py")], env=environment, check=False, timeout=120)
    assert done.returncode == 0


GROUPED = """
import multiprocessing
import sys
from mandala_lab import Storage, op

@op
def inc(x):
    return x + 1

def work(x):
    inc(x)

def opened(path):
    Storage(path, group_commits_ms=60_000).activate()

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(2, opened, ("pool.db",)) as pool:
        pool.map(work, range(20))
        pool.close()
        pool.join()
    print(Storage("pool.db").store.count_calls())
    if sys.argv[1] == "fork":
        with Storage("process.db", group_commits_ms=60_000) as storage:
            process = context.Process(target=lambda: [inc(x) for x in range(20)])
            process.start()
            process.join()
        print(storage.store.count_calls())
"""


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_a_worker_that_ends_writes_what_it_grouped(tmp_path, how):
    (tmp_path / "grouped.py").write_text(GROUPED)
    command = [sys.executable, str(tmp_path / "grouped.py"), how]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, check=True, timeout=120, capture_output=True, text=True)
    assert set(done.stdout.split()) == {"20"}


FORKED = """
import os
import sys
import threading
import time
from mandala_lab import Storage, op

@op
def work(x):
    time.sleep(0.001)
    return [x] * 30

storage = Storage("forked.db")
storage.activate()
over = threading.Event()

def compute(number):
    x = 0
    while not over.is_set():
        x += 1
        work((number, x))

threads = [threading.Thread(target=compute, args=(number,)) for number in range(2)]
work("what is imported with a first call is there")
for thread in threads:
    thread.start()
codes = []
for number in range(20):
    time.sleep(0.01)
    child = os.fork()
    if child == 0:
        threading.Timer(20, os._exit, [9]).start()
        os._exit(int(work(-number).value != [-number] * 30))
    codes.append(os.waitpid(child, 0)[1])
over.set()
for thread in threads:
    thread.join()
print(*codes)
"""


def test_a_fork_while_threads_record_leaves_the_child_free(tmp_path):
    (tmp_path / "forked.py").write_text(FORKED)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(tmp_path / "forked.py")]
    done = subprocess.run(command, env=environment, check=True, timeout=120, capture_output=True, text=True)
    assert done.stdout.split() == ["0"] * 20
