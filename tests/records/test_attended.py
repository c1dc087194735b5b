"""`deps_path`: what is asked on entering a block, and what the answers come to."""

from __future__ import annotations

import builtins
import itertools
import linecache
import subprocess
import sys
import textwrap

import pytest
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell

from mandala_lab import StaleCodeError, Storage

runs: list[object] = []
cells = itertools.count()
MAIN = "__main__"
HELPER = "def g(x):\n    return x + {}\n"
USING = "@op(name={0!r})\ndef {0}(x):\n    note({0!r})\n    return g(x)\n"
FIRST = HELPER.format(1) + USING.format("f")
SECOND = HELPER.format(100) + USING.format("f")


@pytest.fixture(autouse=True)
def _fresh():
    runs.clear()


class Person:
    """Answers what is asked."""

    def __init__(self, monkeypatch):
        self.prompts = []
        self.answers = []
        monkeypatch.setattr(builtins, "input", self.input)

    def input(self, prompt=""):
        self.prompts.append(prompt)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def person(monkeypatch):
    made = Person(monkeypatch)
    yield made
    assert made.answers == [], "something was not asked"


def define(source, module=MAIN):
    scope = {"note": runs.append, "__name__": module}
    text, name = "from mandala_lab import op\n" + source, f"<cell {next(cells)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec"), scope)
    return scope


def call(path, source, *args, ops="f", deps_path=MAIN, module=MAIN):
    """Call ops in a new session; return their values, and which ran."""
    runs.clear()
    scope = define(source, module)
    storage = Storage(path, deps_path=deps_path)
    try:
        with storage:
            return [scope[name](*(args or (1,))).value for name in ops], list(runs)
    finally:
        storage.close()


def events(path, *kinds):
    storage = Storage(path)
    found = [(event.kind, event.detail) for event in storage.store.events() if event.kind in (kinds or {event.kind})]
    storage.close()
    return found


def test_what_is_new_or_unchanged_asks_nothing(path, person, capsys):
    assert call(path, FIRST) == ([2], ["f"])
    assert call(path, FIRST) == ([2], [])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "edited",
    [
        FIRST.replace("return x", "# why\n    return  x"),
        FIRST.replace("def g(x):\n", 'def g(x):\n    """Doc."""\n'),
        "\n\n\n" + FIRST,
        "unused = 1\n" + FIRST,
    ],
    ids=["comment", "docstring", "place", "something else"],
)
def test_an_edit_that_says_nothing_asks_nothing(path, person, edited):
    call(path, FIRST)
    assert call(path, edited) == ([2], [])


def test_yes_recomputes_and_is_not_asked_again(path, person, capsys):
    call(path, FIRST)
    person.answers = ["y"]
    assert call(path, SECOND) == ([101], ["f"])
    out = capsys.readouterr().out
    assert "g was changed" in out
    assert "-    return x + 1\n" in out
    assert "+    return x + 100\n" in out
    assert "results of f" in out
    assert call(path, SECOND) == ([101], [])
    assert call(path, FIRST) == ([2], []), "code that was seen before asks nothing"
    [(kind, detail)] = events(path, "compatible", "recompute")
    assert kind == "recompute"
    assert '"op":"f"' in detail


def test_an_answer_holds_though_nothing_ran_after_it(path, person):
    call(path, FIRST)
    person.answers = ["y"]
    assert call(path, SECOND, ops="") == ([], [])
    assert call(path, SECOND, ops="") == ([], [])
    assert call(path, SECOND) == ([101], ["f"])


def test_no_keeps_the_results_and_is_not_asked_again(path, person):
    call(path, FIRST)
    person.answers = [" N "]
    assert call(path, SECOND) == ([2], [])
    assert call(path, SECOND, 5) == ([105], ["f"])
    assert call(path, FIRST, 5) == ([105], []), "one class of compatible versions"
    assert [kind for kind, _ in events(path, "compatible", "recompute")] == ["compatible"]


@pytest.mark.parametrize("answers", [["a"], [" A"], ["what", "", "yess"], [EOFError()], [StdinNotImplementedError()]])
def test_abort_or_nobody_stops_before_anything_happened(path, person, answers):
    call(path, FIRST)
    before = events(path)
    person.answers = list(answers)
    with pytest.raises(StaleCodeError, match=r"code of g changed since f was recorded.*nothing has run"):
        call(path, SECOND)
    assert runs == []
    assert events(path) == before
    person.answers = ["n"]
    assert call(path, SECOND) == ([2], []), "it is asked again"


@pytest.mark.parametrize("trouble", [EOFError(), OSError("captured"), RuntimeError("input(): lost sys.stdin")])
def test_nobody_to_answer_is_told_what_to_do(path, person, trouble):
    call(path, FIRST)
    person.answers = [trouble]
    with pytest.raises(StaleCodeError, match=r"nobody is there.*without deps_path.*mark_compatible\(f\)"):
        call(path, SECOND)


def test_an_interrupt_leaves_the_block_unentered(path, person):
    call(path, FIRST)
    person.answers = [KeyboardInterrupt()]
    scope, storage = define(SECOND), Storage(path, deps_path=MAIN)
    with pytest.raises(KeyboardInterrupt), storage:
        pytest.fail("entered")
    assert scope["f"](1) == 101, "outside a block it is the plain function"
    storage.close()


def test_an_unclear_answer_is_asked_again(path, person, capsys):
    call(path, FIRST)
    person.answers = ["yse", "", "y"]
    assert call(path, SECOND) == ([101], ["f"])
    assert "'yse' is no answer" in capsys.readouterr().out
    assert all("y = recompute" in prompt for prompt in person.prompts)


def test_a_helper_that_is_shared_is_asked_about_once(path, person, capsys):
    both = USING.format("f") + USING.format("h")
    call(path, HELPER.format(1) + both, ops="fh")
    person.answers = ["y"]
    assert call(path, HELPER.format(9) + both, ops="fh") == ([10, 10], ["f", "h"])
    assert "results of f, h" in capsys.readouterr().out


def test_an_op_in_an_op_is_asked_about_once(path, person):
    inner = "@op(name='g')\ndef g(x):\n    return x + {}\n"
    call(path, inner.format(1) + USING.format("f"), ops="f")
    person.answers = ["y"]
    assert call(path, inner.format(5) + USING.format("f"), ops="f") == ([6], ["f"])


def test_one_yes_among_the_pieces_recomputes_an_op(path, person):
    own = "@op(name='h')\ndef h(x):\n    note('h')\n    return g(x) * {}\n"
    call(path, HELPER.format(1) + USING.format("f") + own.format(2), ops="fh")
    person.answers = ["n", "y"]  # of g, which is in both; of the body of h
    assert call(path, HELPER.format(1.5) + USING.format("f") + own.format(3), ops="fh") == ([2, 7.5], ["h"])
    kinds = {detail.split('"op":"')[1][0]: kind for kind, detail in events(path, "compatible", "recompute")}
    assert kinds == {"f": "compatible", "h": "recompute"}


def test_abort_after_other_answers_writes_none_of_them(path, person):
    own = "@op(name='h')\ndef h(x):\n    return x * {}\n"
    call(path, FIRST + own.format(2), ops="fh")
    before = events(path)
    person.answers = ["n", "a"]
    with pytest.raises(StaleCodeError, match="code of h changed"):
        call(path, SECOND + own.format(3), ops="fh")
    assert events(path) == before


def test_methods_of_a_class_are_one_question(path, person, capsys):
    text = "class G:\n    def one(self, x):\n        return x + {0}\n    def two(self, x):\n        return x * {0}\n"
    using = "@op(name='f')\ndef f(x):\n    note('f')\n    return G().two(G().one(x))\n"
    call(path, text.format(1) + using)
    person.answers = ["y"]
    assert call(path, text.format(3) + using) == ([12], ["f"])
    out = capsys.readouterr().out
    assert "-        return x + 1" in out
    assert "+        return x * 3" in out


def test_the_latest_recorded_code_is_what_it_is_compared_with(path, person, capsys):
    call(path, FIRST)
    person.answers = ["y"]
    call(path, SECOND)
    capsys.readouterr()
    person.answers = ["y"]
    assert call(path, HELPER.format(7) + USING.format("f")) == ([8], ["f"])
    assert "-    return x + 100" in capsys.readouterr().out


def test_what_has_no_text_of_its_own_is_asked_about_by_name(path, person, capsys):
    using = "import {0} as math\n@op(name='f')\ndef f(x):\n    note('f')\n    return math.sqrt(x).real\n"
    call(path, using.format("math"))
    person.answers = ["y"]
    assert call(path, using.format("cmath")) == ([1.0], ["f"])
    assert "was " in capsys.readouterr().out


def test_a_global_that_is_read_anew_comes_with_the_code_that_reads_it(path, person):
    call(path, "k = 1\n@op(name='f')\ndef f(x):\n    return x\n")
    person.answers = ["y"]
    call(path, "k = 1\n@op(name='f')\ndef f(x):\n    return x + k\n")
    assert call(path, "k = 5\n@op(name='f')\ndef f(x):\n    return x + k\n") == ([6], []), "values are in the key"


def test_a_version_that_its_user_gives_asks_nothing(path, person):
    fixed = "@op(name='f', version={!r})\ndef f(x):\n    note('f')\n    return x + {}\n"
    call(path, fixed.format("1", 1))
    assert call(path, fixed.format("2", 2)) == ([3], ["f"])
    person.answers = ["y"]
    assert call(path, "@op(name='f')\ndef f(x):\n    return x + 5\n") == ([6], []), "and giving none any more is asked"


def test_only_what_lies_under_the_place_is_asked_about(path, person, tmp_path):
    call(path, FIRST, module="elsewhere")
    assert call(path, SECOND, module="elsewhere") == ([101], ["f"])
    assert call(path, HELPER.format(5) + USING.format("f"), deps_path=tmp_path) == ([6], ["f"])


@pytest.mark.parametrize("place", [".", "work", "work/code.py"])
def test_a_folder_and_a_file_are_places(path, person, tmp_path, place):
    file = tmp_path / "work" / "code.py"
    file.parent.mkdir()

    def load(number):
        runs.clear()
        file.write_text("from mandala_lab import op\n" + HELPER.format(number) + USING.format("f"))
        scope = {"note": runs.append, "__name__": "work.code", "__file__": str(file)}
        exec(compile(file.read_text(), str(file), "exec"), scope)
        with Storage(path, deps_path=tmp_path / place) as storage:
            value = scope["f"](1).value
        storage.close()
        return value, list(runs)

    assert load(1) == (2, ["f"])
    person.answers = ["n"]
    assert load(1234) == (2, [])
    (tmp_path / "other").mkdir()
    place = "other"
    assert load(99) == (100, ["f"])


def test_only_the_outermost_block_asks(path, person):
    call(path, FIRST)
    scope, storage = define(FIRST), Storage(path, deps_path=MAIN)
    with storage:
        assert scope["f"](1).value == 2
        changed = define(SECOND)
        with storage:
            assert changed["f"](1).value == 101
    with storage:
        assert changed["f"](1).value == 101, "it was recorded meanwhile"
    storage.close()


def test_without_it_nothing_asks(path, person):
    call(path, FIRST, deps_path=None)
    assert call(path, SECOND, deps_path=None) == ([101], ["f"])


def test_it_is_checked_at_the_door(path):
    with pytest.raises(ValueError, match="no file or folder; give one, or '__main__'"):
        Storage(path, deps_path="nowhere")
    with pytest.raises(ValueError, match="give one of them"):
        Storage(path, deps_path=MAIN, on_change="reuse")
    assert not path.exists()
    Storage(path, None, 50, MAIN).close()  # mandala's order of arguments


@pytest.fixture
def shell():
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    yield made
    made.history_manager.end_session()
    InteractiveShell.clear_instance()


def test_a_notebook_session(shell, person, path):
    def run(cell):
        shell.run_cell(cell).raise_error()

    run(f"from mandala_lab import Storage, op\nstorage = Storage({str(path)!r}, deps_path='__main__')")
    run("def scale(x):\n    return x * 2")
    run("@op\ndef fit(x):\n    return scale(x)")
    use = "with storage:\n    found = fit(3).value"
    run(use)
    run("def scale(x):\n    return x * 2  # twice")
    run(use)
    run("def scale(x):\n    return x * 3")
    person.answers = ["n"]
    run(use)
    assert shell.user_ns["found"] == 6
    run("def scale(x):\n    return x * 4")
    person.answers = [StdinNotImplementedError("this front end takes no input")]
    with pytest.raises(StaleCodeError, match="nobody is there to answer"):
        run(use)
    person.answers = ["y"]
    run(use)
    assert shell.user_ns["found"] == 12
    run(use)
    run("storage.close()")


def test_an_unattended_script_stops(tmp_path):
    script = tmp_path / "script.py"

    def run(number, **options):
        text = f"""
        from mandala_lab import Storage, op
        @op
        def f(x):
            return x + {number}
        with Storage("store.db", deps_path="__main__") as storage:
            print(f(1).value)
        """
        script.write_text(textwrap.dedent(text))
        environment = {"PYTHONPATH": ":".join(sys.path), "HOME": str(tmp_path)}
        return subprocess.run(
            [sys.executable, script],
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            **options,
        )

    assert run(1, stdin=subprocess.DEVNULL).stdout == "2\n"
    stopped = run(2, stdin=subprocess.DEVNULL)
    assert stopped.returncode == 1
    assert "StaleCodeError: the code of f changed since f was recorded, and nobody is there" in stopped.stderr
    assert run(2, input="n\n").stdout.endswith("2\n")
    assert run(2, stdin=subprocess.DEVNULL).stdout == "2\n"
