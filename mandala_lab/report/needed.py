"""What the code of a call needs beside itself: data that it read, what it imported, modules of the user's own."""

from __future__ import annotations

from collections.abc import Callable

from mandala_lab.model.calls import Call
from mandala_lab.model.refs import Ref
from mandala_lab.render.text_width import clean
from mandala_lab.report.modules import imported_inside, member_of, module_called, modules_of, namespace, paths_of
from mandala_lab.report.sources import Source, importing

Literal = Callable[[str, Ref], str]


class Needed:
    """Finds the definitions of names that the recorded sources of a call leave open.

    Parameters
    ----------
    call
        The call, which knows the data that was read, by label.
    source
        Its code.

    Attributes
    ----------
    imports
        Lines that import what the definitions use; known once `texts` was called.

    Raises
    ------
    ValueError
        Where the code imports a module of the user's own while it runs.
    """

    def __init__(self, call: Call, source: Source) -> None:
        self.imports: list[str] = []
        self._call = call
        self._source = source
        self._modules = modules_of([*source.labels, *call.reads])
        self._homes = [call.op.partition(":")[0], *sorted(self._modules)]
        for module in imported_inside(source.texts.values()):
            raise ValueError(
                f"the code of {call.name} imports {module} while it runs, and a program cannot have that module of "
                "yours: import it at the top of your file, and run the call again"
            )

    def texts(self, literal: Literal) -> dict[str, str]:
        """Return the code by the names that it defines, in order: what it needs, then that of the source."""
        data: dict[str, str] = {}
        spaces: dict[str, str] = {}
        for name in self._source.needs:
            module = module_called(name, self._homes, self._modules)
            ref = self._read(name)
            if ref is not None:
                data[name] = f"{name} = {literal(name, ref)}\n"
            elif module is not None:
                spaces[name] = f"{name} = {self._space(name, module, data, literal)}\n"
            elif (line := importing(name, self._homes)) is not None:
                self.imports.append(line)
            else:
                data[name] = f"{name} = {left_out(f'{name}, which {self._call.name} uses,')}\n"
        *before, (function, own) = self._source.texts.items()
        return {**data, **dict(before), **spaces, function: own}

    def _read(self, name: str) -> Ref | None:
        """Return the data that a name stood for: a global of the user's modules, or the default of a parameter."""
        labels = [name, *(f"{module}.{name}" for module in sorted(self._modules))]
        labels += [label for label, its_name in self._source.defaults.items() if its_name == name]
        found = {label: ref for label in labels if (ref := self._call.reads.get(label)) is not None}
        if len({ref.cid for ref in found.values()}) > 1:
            raise ValueError(f"{self._call.name} reads {' and '.join(found)}, and a program has one {name}")
        return next(iter(found.values()), None)

    def _space(self, name: str, module: str, data: dict[str, str], literal: Literal) -> str:
        paths = paths_of(self._source.texts.values(), name)
        if () in paths:
            return left_out(f"the module {module}, which {self._call.name} uses as a whole,")

        def member(home: str, own: str) -> str:
            defined = member_of(home, own, self._source.labels)
            if defined is not None:
                return defined
            if f"{home}.{own}" in self._call.reads:
                ref = self._read(own)
                assert ref is not None, "it is among what was read"
                data.setdefault(own, f"{own} = {literal(own, ref)}\n")
                return own
            line = importing(own, [home])
            if line is not None:
                self.imports.append(line)
                return own
            return left_out(f"{home}.{own}, which {self._call.name} uses,")

        return namespace(module, paths, member)


def left_out(what: str) -> str:
    """Return the call that stands in a program for what could not be written there: it stops, and says so."""
    return f"left_out({clean(what)!a})"
