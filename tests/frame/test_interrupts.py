"""A frame that was interrupted while it grew is as it was, or whole."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from programs import inc

from mandala_lab.frame import catalogue as catalogue_module
from mandala_lab.frame.whole import uninterrupted


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_comes_when_all_is_done():
    done = []

    def work() -> None:
        with uninterrupted():
            interrupt()
            done.append("all")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all"]
    with pytest.raises(KeyboardInterrupt):
        interrupt()  # as before


def test_an_error_comes_before_an_interrupt():
    def fail() -> None:
        with uninterrupted():
            interrupt()
            raise ValueError("first")

    with pytest.raises(KeyboardInterrupt) as found:
        fail()
    assert isinstance(found.value.__context__, ValueError)


def test_another_thread_is_never_interrupted():
    found = []

    def work() -> None:
        with uninterrupted():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]


@pytest.mark.parametrize("method", ["_take_in", "_add_links", "_input_labels", "_output_labels"])
def test_a_frame_that_was_interrupted_while_it_grew_grows_again(storage, monkeypatch, method):
    with storage:
        y = 0
        for _ in range(20):
            y = inc(y)
    frame = storage.cf(y)
    whole = getattr(catalogue_module.Catalogue, method)

    def interrupted(*arguments):
        interrupt()
        return whole(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(catalogue_module.Catalogue, method, interrupted)
        with pytest.raises(KeyboardInterrupt):
            frame.expand_back(recursive=True)
    grown = frame.expand_back(recursive=True)
    grown.check()
    assert len(grown.calls) == 20
