"""What an operation is, apart from the function that runs it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class OpSpec:
    """The identity and shape of an op.

    Attributes
    ----------
    key
        Identity across sessions: ``module:qualname``, or the explicit name.
    name
        Short name, for people and for the nodes of a frame.
    parameters
        Names of the parameters in order.
    output_names
        Names of the outputs by position; empty when none were given.
    nout
        Number of outputs; 0 when it is the length of the returned tuple, or 1.
    ignored
        Names of the arguments that are not part of the key.
    pure
        Whether a recorded call answers later ones; else each runs.
    unsaved
        Names of the arguments and outputs whose values are not stored; ``"*"``
        stands for all outputs.
    """

    key: str
    name: str
    parameters: tuple[str, ...]
    output_names: tuple[str, ...] = ()
    nout: int = 0
    ignored: frozenset[str] = frozenset()
    doc: str = ""
    pure: bool = True
    unsaved: frozenset[str] = frozenset()

    @property
    def answers(self) -> bool:
        """Whether recorded calls can answer later ones: they have all that a result needs."""
        return self.pure and all(name in self.parameters for name in self.unsaved)

    def saves_output(self, position: int) -> bool:
        """Whether the value of an output is stored."""
        return "*" not in self.unsaved and self.output_name(position) not in self.unsaved

    def output_name(self, position: int) -> str:
        """Name of an output: the given one, else ``output_0``, ``output_1``..."""
        if self.output_names and self.output_names[0].endswith("[]"):  # any number of elements
            return f"{self.output_names[0][:-1]}{position}]"
        if position < len(self.output_names):
            return self.output_names[position]
        return f"output_{position}"


@dataclass(frozen=True, slots=True)
class RecordedVersion:
    """A code version as a store knows it.

    Attributes
    ----------
    representative
        Digest of the version that stands for the class of compatible versions in keys.
    seen_s
        When it was first recorded, in seconds since the epoch.
    """

    version: CodeVersion
    representative: bytes
    seen_s: float


@dataclass(frozen=True, slots=True)
class CodeVersion:
    """One state of the code that an op can reach.

    Attributes
    ----------
    digest
        Digest of the code without comments, docstrings and positions.
    source
        Source text of the op itself.
    helpers
        Source texts of the user functions and classes that it reaches, by name.
    reads
        Names of the global variables (data, not code) that it reads. Their
        values belong to the key of a call, not to the version.
    parameters
        Names of the parameters of the op under this version.
    complete
        False when some code could not be followed (a computed name, say).
    pieces
        Digests, as hexadecimal text, of the pieces of code that it is made of,
        by label; the op itself has the empty label.
    gaps
        What could not be followed, in words.
    """

    digest: bytes
    source: str
    helpers: dict[str, str] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    complete: bool = True
    parameters: tuple[str, ...] = ()
    pieces: dict[str, str] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The digest in hexadecimal."""
        return self.digest.hex()

    @property
    def told_source(self) -> str:
        """The source, and under it what could not be followed in it."""
        return self.source + "".join(f"\n# not followed: {gap}" for gap in self.gaps)
