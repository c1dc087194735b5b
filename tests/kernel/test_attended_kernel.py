"""`deps_path` in a real kernel: asked through the front end, and stopped where it takes no input."""

from __future__ import annotations

import pytest

DEFINE = """
from mandala_lab import Storage, op
def scale(x):
    return x * {}
@op
def fit(x):
    return scale(x)
"""
USE = """
with Storage("asked.db", deps_path="__main__") as storage:
    print("found", fit(3).value)
"""


@pytest.mark.filterwarnings("default")
def test_a_front_end_is_asked_and_an_unattended_run_stops(kernel):
    printed, prompts = [], []

    def output(message):
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    def answer(message):
        prompts.append(message["content"]["prompt"])
        kernel.input("n")

    def run(number, **options):
        printed.clear()
        code = DEFINE.format(number) + USE
        reply = kernel.execute_interactive(code, output_hook=output, timeout=60, **options)
        return reply["content"], "".join(printed)

    assert run(2, allow_stdin=False)[1] == "found 6\n"
    failed, _ = run(5, allow_stdin=False)
    assert failed["ename"] == "StaleCodeError"
    assert "nobody is there to answer" in failed["evalue"]
    _, text = run(5, allow_stdin=True, stdin_hook=answer)
    assert "-    return x * 2\n+    return x * 5\n" in text
    assert text.endswith("found 6\n")
    assert len(prompts) == 1
    assert run(5, allow_stdin=False)[1] == "found 6\n"
