"""A program that makes a recorded value again: sources, arguments and calls in their order.

Everything recorded is untrusted: names that go into the program are identifiers,
other texts stand in it as literals, or as comments of one line. What the sources do
when somebody runs the program is theirs.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Mapping
from graphlib import TopologicalSorter
from typing import Any

from mandala_lab.frame.graph import FrameGraph
from mandala_lab.frame.numbers import common, distinct, is_in, lacking
from mandala_lab.model.calls import Call
from mandala_lab.model.errors import MandalaLabError, refuse_other
from mandala_lab.model.ops import CodeVersion, OpSpec
from mandala_lab.model.outline import node_name
from mandala_lab.model.refs import Ref, is_immutable
from mandala_lab.model.structures import ITEMS, RESERVED, CollectionRef, is_structural
from mandala_lab.ports.call_store import CallStore
from mandala_lab.render.text_width import clean
from mandala_lab.report.calling import spelled
from mandala_lab.report.content import store_name
from mandala_lab.report.literals import IMPORTS, check_of, literal
from mandala_lab.report.needed import Needed, left_out
from mandala_lab.report.sources import Source, indented, sets_globals, source_of

_SHORT = 60
_UNREAD: Any = object()


def to_program(store: CallStore, ref: Ref | str) -> str:
    """Return the text of the program.

    Raises
    ------
    TypeError
        For what is neither a ref nor a hid.
    ValueError
        For a ref that the store does not know, or a call that cannot be written down.
    """
    refuse_other(ref, (Ref, str), "save_py makes a value again that is given as a ref, or by its hid")
    wanted = ref if isinstance(ref, Ref) else next(iter(store.refs([ref])), None)
    if wanted is None:
        raise ValueError(f"no ref has the hid {ref!r}; the refs of a frame are in its refs")
    return _Program(store, wanted).text()


def left_open(program: str) -> list[str]:
    """Return what a program says it lacks, each once."""
    calls = [node for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Call)]
    told = [node.args[0] for node in calls if isinstance(node.func, ast.Name) and node.func.id == "left_out"]
    return list(dict.fromkeys(str(one.value).rstrip(",") for one in told if isinstance(one, ast.Constant)))


def only_result(graph: FrameGraph) -> Ref:
    """Return the one value to which a frame leads: a call made it, and none took it, nor what was made with it.

    Raises
    ------
    ValueError
        Where there is none, or more than one.
    """
    catalogue = graph.catalogue
    made, taken = (
        distinct(links.refs.view[links.places(graph.all_calls)[0]]) for links in (catalogue.outputs, catalogue.inputs)
    )
    found = common(lacking(made, taken), graph.all_refs)
    if len(found) > 1:  # what a call made besides something that was taken is no result of the whole
        went_on = distinct(catalogue.refs.makers.view[common(made, taken)])
        last = found[~is_in(catalogue.refs.makers.view[found], went_on)]
        found = last if len(last) else found
    if len(found) == 1:
        return catalogue.refs[int(found[0])]
    if not len(found):
        raise ValueError("a program makes a value again, and no call of this frame made one")
    counts = {node_name(node): len(common(found, refs)) for node, refs in graph.variables.items()}
    told = ", ".join(f"{count} of {name}" for name, count in counts.items() if count)
    raise ValueError(
        f"a program makes one value, and this frame has {len(found)} results ({told}): select those that led to one, "
        "such as '+total=3', or name it: frame.save_py(path, ref)"
    )


def calls_before(store: CallStore, ref: Ref) -> list[Call]:
    """Return the calls that led to a ref, each after those whose results it took."""
    found: dict[str, Call] = {}
    makers: dict[str, str] = {}
    left = [ref.hid]
    while left:
        new = [call for call in store.creators(left) if call.hid not in found]
        found.update((call.hid, call) for call in new)
        makers.update((made.hid, call.hid) for call in new for made in call.outputs.values())
        left = [one.hid for call in new for one in call.inputs.values() if one.hid not in makers]
    needed = {
        hid: [makers[one.hid] for one in call.inputs.values() if one.hid in makers] for hid, call in found.items()
    }
    return [found[hid] for hid in TopologicalSorter(needed).static_order()]


class _Program:
    """The parts of the program while they are being written."""

    def __init__(self, store: CallStore, wanted: Ref) -> None:
        self._store = store
        self._wanted = wanted
        self._calls = calls_before(store, wanted)
        self._uses: dict[str, int] = {}
        for call in self._calls:
            for ref in call.inputs.values():
                self._uses[ref.hid] = self._uses.get(ref.hid, 0) + 1
        self._sources = {call.hid: self._source(call) for call in self._calls if not is_structural(call)}
        self._taken = {"np", "pd", "_datetime", "_decimal", "copy", "asyncio", "types", "left_out"}
        for source in self._sources.values():
            self._taken |= source.identifiers | {*source.needs, *source.texts}
        self._imports: dict[str, None] = {}
        self._defined: dict[str, str] = {}
        self._functions: dict[tuple[str, ...], str] = {}
        self._code: list[str] = []
        self._lines: list[str] = []
        self._names: dict[str, str] = {}
        self._elements: dict[str, str] = {}

    def text(self) -> str:
        """Return the whole program."""
        for call in self._calls:
            if is_structural(call):
                self._connect(call)
            else:
                self._call(call)
        result = self._expression(self._wanted, "the result")
        value = _peek(self._wanted)
        test = None if value is _UNREAD else check_of(value, "result")
        told = [f"result = {result}", "print(result)"]
        told += [] if test is None else [f"assert {test}, 'this is not the value that was recorded'"]
        body = _apart([*self._code, "\n".join([*self._lines, *told]) + "\n"])
        return "\n".join([*self._head(), *self._needed_imports(body), "", "", body])

    def _head(self) -> list[str]:
        made = next((call for call in reversed(self._calls) if not is_structural(call)), None)
        what = "a value that no call made" if made is None else f"a result of {made.name}"
        return [
            f"# Makes again: {_comment(what)}.",
            f"# Recorded in {_comment(store_name(self._store))}, written by mandala-lab.",
            "# The code below is that of recorded calls: read it before you run it.",
            "from __future__ import annotations",
            "",
        ]

    def _needed_imports(self, body: str) -> list[str]:
        ours = {**IMPORTS, "copy.": "import copy", "asyncio.run(": "import asyncio"}
        ours["types.SimpleNamespace("] = "import types"
        lines = dict.fromkeys([*self._imports, *(line for word, line in ours.items() if word in body)])
        if "left_out(" not in body:
            return sorted(lines)
        return [
            *sorted(lines),
            "",
            "",
            "def left_out(what):",
            '    raise SystemExit(f"{what} could not be written into this program: put it in the place of this call")',
        ]

    # --- code

    def _source(self, call: Call) -> Source:
        version = self._version(call)
        return source_of(call.name, call.op, version.source, version.helpers)

    def _version(self, call: Call) -> CodeVersion:
        found = next((one.version for one in self._store.versions(call.op) if one.version.id == call.version), None)
        return found or CodeVersion(b"", "")

    def _function(self, call: Call) -> str:
        """Return the name under which the code of a call stands in the program, where it is put if it is new."""
        source = self._sources[call.hid]
        which = (call.op, call.version, *(f"{name}={ref.cid}" for name, ref in sorted(call.reads.items())))
        if which not in self._functions:
            needed = Needed(call, source)
            texts = needed.texts(lambda name, read: self._read(name, read, call))
            self._imports.update(dict.fromkeys(needed.imports))
            self._functions[which] = self._placed(source.function, texts)
        return self._functions[which]

    def _read(self, name: str, ref: Ref, call: Call) -> str:
        value = _peek(ref)
        text = None if value is _UNREAD else literal(value)
        return text or left_out(f"the global {name}, which {call.name} reads,")

    def _placed(self, function: str, texts: Mapping[str, str]) -> str:
        """Write code at top level; where its names are taken by other code, into a function of its own."""
        if all(self._defined.get(name, text) == text for name, text in texts.items()):
            for name, text in texts.items():
                if name not in self._defined:
                    self._defined[name] = text
                    self._code.append(text)
            return function
        if any(map(sets_globals, texts.values())):
            raise ValueError(f"{function} sets globals, and the program has other code of their names")
        name, maker = self._fresh(function), self._fresh(f"make_{function}")
        inner = "".join(indented(text) for text in texts.values())
        self._code.append(f"def {maker}():\n{inner}    return {function}\n")
        self._code.append(f"{name} = {maker}()\n")
        return name

    # --- calls and values

    def _call(self, call: Call) -> None:
        source, spec = self._sources[call.hid], self._store.op(call.op) or OpSpec(call.op, call.name, ())
        arguments = {
            name: self._expression(ref, f"argument {name} of {call.name}") for name, ref in call.inputs.items()
        }
        text = f"{self._function(call)}({spelled(call.name, source.signature, arguments, _by_keyword(call))})"
        text = f"asyncio.run({text})" if source.is_async else text
        names = [self._named(name, ref) for name, ref in call.outputs.items()]
        single = spec.nout == 1 or (spec.nout == 0 and len(names) == 1)
        targets = names[0] if single else f"({', '.join(names)},)" if len(names) == 1 else ", ".join(names)
        self._lines.append(f"{targets} = {text}")

    def _connect(self, call: Call) -> None:
        """Write a collection that was made of its elements; elements of one that an op made are taken when needed."""
        if call.op == ITEMS.key:
            ref = next(iter(call.inputs.values()))
            if isinstance(ref, CollectionRef) and call.op == ITEMS.key:
                for at, element in enumerate(_parts(ref)[0]):
                    self._elements[element.hid] = self._item(ref, at)
            return
        made = next(iter(call.outputs.values()))
        assert isinstance(made, CollectionRef), "a structural call made it"
        items, keys = _parts(made)
        texts = [self._expression(item, "an element of a collection") for item in items]
        kind = call.op.removeprefix(RESERVED)
        if kind == "dict":
            told = [literal(key) or "left_out('a key of a dict')" for key in keys or []]
            text = f"dict([{', '.join(f'({key}, {item})' for key, item in zip(told, texts, strict=True))}])"
        else:
            text = f"[{', '.join(texts)}]" if kind == "list" else f"{kind}([{', '.join(texts)}])"
        self._lines.append(f"{self._named(kind, made)} = {text}")

    def _item(self, collection: CollectionRef, at: int) -> str:
        name = self._names.get(collection.hid, "")
        kind = type(collection).__name__
        if not name or kind == "SetRef":  # the order of a set means nothing
            return ""
        return f"list({name}.values())[{at}]" if kind == "DictRef" else f"{name}[{at}]"

    def _expression(self, ref: Ref, what: str) -> str:
        """Return what stands for a value: a name, or a literal; each use of what can be changed gets its own."""
        value = _peek(ref)
        name = self._names.get(ref.hid) or self._elements.get(ref.hid)
        if not name:
            text = None if value is _UNREAD else literal(value)
            if text is None:
                kind = "" if value is _UNREAD else f" (of type {type(value).__name__})"
                return left_out(what + kind)
            if len(text) <= _SHORT or self._uses.get(ref.hid, 0) <= 1:
                return text
            name = self._named("value", ref)
            self._lines.append(f"{name} = {text}")
        is_shared = self._uses.get(ref.hid, 0) > 1 and not is_immutable(value)
        return f"copy.deepcopy({name})" if is_shared else name

    def _named(self, wish: str, ref: Ref) -> str:
        self._names[ref.hid] = found = self._fresh(wish)
        return found

    def _fresh(self, wish: str) -> str:
        """Return a name that nothing else in the program has: ASCII, whatever was wished."""
        plain = re.sub(r"[^0-9A-Za-z_]+", "_", wish).strip("_")[:40] or "value"
        plain = f"value_{plain}" if plain[0].isdigit() else plain
        name, number = plain, 2
        while name in self._taken or keyword.iskeyword(name) or hasattr(builtins, name) or name == "result":
            name, number = f"{plain}_{number}", number + 1
        self._taken.add(name)
        return name


def _apart(texts: list[str]) -> str:
    """Return texts one after another, those of several lines with room around them."""
    found = ""
    for before, text in zip(["\n\n", *texts], texts, strict=False):
        is_one = before.count("\n") == text.count("\n") == 1 and " = " in text and " = " in before
        found += text if is_one or not found else f"\n\n{text}"
    return found


def _parts(ref: CollectionRef) -> tuple[list[Ref], list[Any] | None]:
    """Return the elements of a collection and, of a dict, the keys."""
    if type(ref).__name__ == "DictRef":
        return ref.values(), ref.keys()  # type: ignore[attr-defined]
    return list(ref), None


def _by_keyword(call: Call) -> tuple[str, ...]:
    """Return which arguments of a wrapper were given by keyword."""
    ref = call.inputs.get("by keyword")
    value = () if ref is None else _peek(ref)
    return tuple(value) if isinstance(value, tuple) else ()


def _peek(ref: Ref) -> Any:
    """Return a value as those do who only show it, or `_UNREAD`."""
    try:
        return ref.peek(data_only=True)
    except (MandalaLabError, LookupError):
        return _UNREAD


def _comment(text: str) -> str:
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in clean(text))
