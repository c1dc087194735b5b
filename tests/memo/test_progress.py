"""Progress of long loops: when it is shown, what is counted, and that it costs nobody a result."""

from __future__ import annotations

import asyncio
import os
import threading
import time

import pytest

from mandala_lab import MandalaLabWarning, Storage, op


class Clock:
    """Time that passes when it is told to; the bodies of ops take some."""

    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


class Display:
    def __init__(self):
        self.shown = []
        self.threads = set()
        self.is_there = False
        self.hidden = 0

    def show(self, tally):
        self.shown.append(tally)
        self.threads.add(threading.current_thread())
        self.is_there = True

    def hide(self):
        self.is_there = False
        self.hidden += 1


class Broken(Display):
    def show(self, tally):
        super().show(tally)
        raise OSError("no such screen")


clock = Clock()


@op(version="1")  # the clock is a global that each call changes
def step(x, takes_s=0.1):
    clock.now += takes_s
    return x


@op(version="1")
def failing(x):
    clock.now += 0.1
    raise ValueError(x)


@op(version="1")
def outer(x):
    return sum(step(x * 1000 + i) for i in range(10))


@pytest.fixture(autouse=True)
def _time(monkeypatch):
    clock.now = 1_000_000.0
    monkeypatch.setattr(time, "time", clock)
    monkeypatch.delenv("MANDALA_LAB_PROGRESS", raising=False)


@pytest.fixture
def display(monkeypatch):
    made = Display()
    monkeypatch.setattr("mandala_lab.adapters.progress_bar.ProgressBar", lambda: made)
    return made


def test_short_work_shows_nothing(display):
    with Storage():
        for x in range(9):
            step(x)
    assert display.shown == []
    assert display.hidden == 0


def test_long_work_is_shown_until_the_block_ends(display):
    with Storage():
        for x in range(50):
            step(x)
        assert display.is_there
    assert not display.is_there
    assert 10 <= len(display.shown) <= 25, "four seconds after the first, at most five times a second"
    first, last = display.shown[0], display.shown[-1]
    assert 1 < first.elapsed_s < 1.4
    assert last.computed == last.calls > first.calls > 9


def test_what_is_counted_is_told_apart(display):
    with Storage() as storage:
        for x in range(15):
            step(x)
        for x in range(5):
            with pytest.raises(ValueError):
                failing(x)
        for x in range(10):
            step(x)
        storage.commit()  # hits are counted when they are written, a moment later
        for x in range(20, 23):
            step(x)
    last = display.shown[-1]
    assert (last.failed, last.cached) == (5, 10)
    assert 16 <= last.computed <= 18
    assert last.calls == last.computed + 15
    assert last.nested == 0


def test_calls_in_bodies_are_a_figure_of_their_own(display):
    with Storage():
        for x in range(4):
            outer(x)
    last = display.shown[-1]
    assert 2 <= last.calls <= 4
    assert 30 < last.nested <= 40


def test_hits_alone_are_shown_too(display):
    with Storage() as storage:
        step(1)
        storage.rest()
        clock.now += 10
        for _ in range(300):
            step(1)
            clock.now += 0.01
            storage.commit()
        assert display.is_there
    assert display.shown[-1].cached > 250
    assert display.shown[-1].computed == 0, "what came before the pause is another burst"
    assert len(display.shown) <= 11


def test_a_pause_ends_it_and_a_long_body_is_none(display):
    with Storage():
        for x in range(20):
            step(x)
        assert display.is_there
        step(100, takes_s=60)
        assert display.is_there
        assert display.shown[-1].calls == 21
        clock.now += 2.5
        step(101)
        assert not display.is_there
        assert display.hidden == 1
        for x in range(200, 220):
            step(x)
        assert display.is_there
        assert display.shown[-1].calls <= 21
    assert display.hidden == 2


def test_a_nested_block_of_the_same_storage_does_not_end_it(display):
    storage = Storage()
    with storage:
        for x in range(20):
            with storage:
                step(x)
        assert display.is_there
    assert not display.is_there


def test_an_open_storage_shows_until_it_rests(display):
    storage = Storage()
    storage.activate()
    for x in range(20):
        step(x)
    assert display.is_there
    storage.rest()
    assert not display.is_there
    for x in range(30, 50):
        step(x)
    assert display.is_there
    assert display.shown[-1].calls <= 20, "counted anew"
    storage.deactivate()
    assert not display.is_there
    for _ in range(3):
        storage.close()
    assert display.hidden == 2


def test_two_storages_have_progress_of_their_own(monkeypatch):
    made = []
    monkeypatch.setattr("mandala_lab.adapters.progress_bar.ProgressBar", lambda: made.append(Display()) or made[-1])
    with Storage():
        for x in range(20):
            step(x)
        with Storage():
            for x in range(30):
                step(x)
            assert [one.is_there for one in made] == [True, True]
        assert [one.is_there for one in made] == [True, False]
    assert [one.is_there for one in made] == [False, False]


def test_threads_show_from_where_the_call_is_made(display):
    storage = Storage()

    def work(start):
        with storage:
            for x in range(start, start + 50):
                step(x)

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 1000, 2000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert display.threads <= set(threads)
    assert not display.is_there
    assert storage.stats().computed == 150


def test_tasks_of_asyncio_share_one(display):
    @op(version="1")
    async def later(x):
        await asyncio.sleep(0)
        clock.now += 0.05
        return x

    async def main():
        with Storage() as storage:
            await asyncio.gather(*(later(x) for x in range(60)))
            assert display.is_there
        return storage.stats().computed

    assert asyncio.run(main()) == 60
    assert not display.is_there


def test_a_display_that_fails_costs_one_warning(monkeypatch):
    made = Broken()
    monkeypatch.setattr("mandala_lab.adapters.progress_bar.ProgressBar", lambda: made)
    storage = Storage()

    def work():
        with storage:
            return [step(x).value for x in (*range(50), *range(50))]

    with pytest.warns(MandalaLabWarning, match="progress is not shown any more.*no such screen") as caught:
        assert work() == [*range(50), *range(50)]
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert len(made.shown) == 1
    assert storage.stats().cached == 50


def test_a_display_that_cannot_go_costs_one_warning(display):
    def hide():
        raise OSError("stuck")

    display.hide = hide

    def work():
        with Storage():
            first = [step(x).value for x in range(20)]
            clock.now += 5
            return [*first, *(step(x).value for x in range(20, 60))]

    with pytest.warns(MandalaLabWarning, match="stuck") as caught:
        assert work() == list(range(60))
    assert len(caught) == 1


def test_it_can_be_switched_off(display, monkeypatch):
    with Storage(progress=False):
        for x in range(20):
            step(x)
    monkeypatch.setenv("MANDALA_LAB_PROGRESS", "0")
    with Storage():
        for x in range(20):
            step(x)
            step(x)
    assert display.shown == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_leaves_it_to_its_parent(display):
    with Storage() as storage:
        for x in range(20):
            step(x)
        before = len(display.shown)
        child = os.fork()
        if child == 0:
            for x in range(20):
                step(x)
                storage.rest()
            os._exit(len(display.shown) - before + display.hidden)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        step(30)
        assert display.is_there


def test_a_clock_that_is_put_back_does_no_harm(display):
    with Storage():
        for x in range(20):
            step(x)
        clock.now -= 3600
        assert [step(x).value for x in range(30, 60)] == list(range(30, 60))
    assert not display.is_there
