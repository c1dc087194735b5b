"""What the nodes of a frame hold: refs and calls, and how they hang together."""

from __future__ import annotations

from collections.abc import Mapping

from mandala_lab.computation_frame.framed import Framed
from mandala_lab.computation_frame.views import ByName, HidSet
from mandala_lab.frame.links import NONE
from mandala_lab.frame.numbers import is_in
from mandala_lab.model.calls import Call
from mandala_lab.model.outline import node_name
from mandala_lab.model.refs import Ref


class Holding(Framed):
    """Elements, by node and by history id."""

    @property
    def vs(self) -> ByName:
        """History ids of refs by variable.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> y.hid in frame.vs["y"], y.hid in frame.vs["x"]
        (True, False)
        """
        found = {node_name(node): refs for node, refs in self._graph.variables.items()}
        return ByName(found, self._graph.catalogue.refs.hids)

    @property
    def fs(self) -> ByName:
        """History ids of calls by operation.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> len(frame.fs["inc"])
        2
        """
        found = {node_name(node): calls for node, calls in self._graph.operations.items()}
        return ByName(found, self._graph.catalogue.call_hids)

    @property
    def sets(self) -> Mapping[str, HidSet]:
        """History ids by node.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> {name: len(held) for name, held in frame.sets.items()}
        {'x': 2, 'y': 2, 'inc': 2}
        """
        return {**self.vs, **self.fs}

    @property
    def refs(self) -> Mapping[str, Ref]:
        """Refs by hid.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.refs[y.hid].value
        3
        """
        return self._graph.refs

    @property
    def calls(self) -> Mapping[str, Call]:
        """Calls by hid.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> len(frame.calls)
        2
        """
        return self._graph.calls

    @property
    def creator(self) -> dict[str, str]:
        """History id of the call in the frame that made each ref, where there is one.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.calls[frame.creator[y.hid]].name
        'inc'
        """
        catalogue, refs = self._graph.catalogue, self._graph.all_refs
        makers = self._graph.creators()[refs]
        made = makers != NONE
        return dict(zip(catalogue.refs.hids.texts(refs[made]), catalogue.call_hids.texts(makers[made]), strict=True))

    @property
    def consumers(self) -> dict[str, set[str]]:
        """History ids of the calls in the frame that took each ref, where there are some.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> y.hid in frame.consumers, len(frame.consumers)
        (False, 2)
        """
        catalogue, calls = self._graph.catalogue, self._graph.all_calls
        places, owners = catalogue.inputs.places(calls)
        taken = catalogue.inputs.refs.view[places]
        here = is_in(taken, self._graph.all_refs)
        found: dict[str, set[str]] = {}
        pairs = zip(catalogue.refs.hids.texts(taken[here]), catalogue.call_hids.texts(owners[here]), strict=True)
        for ref, call in pairs:
            found.setdefault(ref, set()).add(call)
        return found

    @property
    def refinv(self) -> dict[str, set[str]]:
        """Names of the variables in which each ref lies, by its hid.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.refinv[y.hid]
        {'y'}
        """
        return _inverted(self.vs)

    @property
    def callinv(self) -> dict[str, set[str]]:
        """Names of the operations in which each call lies, by its hid.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> frame.callinv[frame.creator[y.hid]]
        {'inc'}
        """
        return _inverted(self.fs)

    def refs_by_var(self) -> dict[str, list[Ref]]:
        """Return the refs of each variable.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> [ref.value for ref in frame.refs_by_var()["y"]]
        [2, 3]
        """
        return {node_name(variable): list(self._graph.refs_of(variable)) for variable in self._graph.variables}

    def calls_by_func(self) -> dict[str, list[Call]]:
        """Return the calls of each operation.

        Examples
        --------
        >>> from mandala_lab import Storage, op
        >>> inc = op(name="inc", output_names=["y"])(lambda x: x + 1)
        >>> with Storage() as storage:
        ...     y = inc(inc(1))
        >>> frame = storage.cf(inc)
        >>> len(frame.calls_by_func()["inc"])
        2
        """
        return {node_name(operation): list(self._graph.calls_of(operation)) for operation in self._graph.operations}


def _inverted(sets: ByName) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, elements in sets.items():
        for hid in elements:
            found.setdefault(hid, set()).add(name)
    return found
