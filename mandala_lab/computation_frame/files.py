"""A frame in files: pictures, reports, data and programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mandala_lab.computation_frame.contents import Contents
from mandala_lab.computation_frame.picture import Picture
from mandala_lab.memo.warn import warn_user
from mandala_lab.model.collector import collector_at_rest
from mandala_lab.model.errors import nearest, refuse_other
from mandala_lab.model.refs import Ref
from mandala_lab.report.written import write

if TYPE_CHECKING:
    from mandala_lab.render.layered import Orientation
    from mandala_lab.report.redaction import Redact

ENDINGS = {
    ".svg": "a picture",
    ".html": "a page with the graph, details and a table",
    ".png": "a picture in pixels",
    ".md": "a text with a picture beside it",
    ".json": "the frame as data",
    ".graphml": "the graph for other programs",
    ".py": "a program that makes the one result again",
}
"""What `Files.save` writes, by the ending of the file."""
_TOLD = 3
_TITLE = "Computation graph"


class Files(Picture, Contents):
    """Exports. A file never takes the place of a store, and holds no values that were not asked for."""

    def save(
        self, path: str | Path, *, values: bool = False, redact: Redact = (), orientation: Orientation = "TB"
    ) -> Path:
        """Write what the ending of the file says, and return its path.

        Parameters
        ----------
        path
            Ends in ``.svg``, ``.html``, ``.png``, ``.md``, ``.json``, ``.graphml``, or ``.py`` where the
            frame has one result: one value that a call made, and none took.
        values, redact
            As of `save_html`: the other kinds of files hold no values.
        orientation
            Of the picture: top to bottom (``"TB"``) or left to right (``"LR"``).

        Raises
        ------
        ValueError
            For another ending, values that the kind of file does not hold, and where a program would have to
            make several results.

        Examples
        --------
        >>> from mandala_lab import Storage
        >>> Storage().cf([]).save("frame.htm")
        Traceback (most recent call last):
            ...
        ValueError: frame.htm: the ending says what is written; did you mean '.html'?
        """
        ending = Path(path).suffix.lower()
        if ending not in ENDINGS:
            raise ValueError(f"{path}: the ending says what is written; {nearest(ending, ENDINGS)}")
        if ending == ".html":
            return self.save_html(path, values=values, redact=redact, orientation=orientation)
        if values or redact:
            raise ValueError(f"only an .html file shows values, and {path} is none: leave values and redact out")
        if ending in {".svg", ".png", ".md"}:
            draw = {".svg": self.save_svg, ".png": self.save_png, ".md": self.save_markdown}[ending]
            return draw(path, orientation=orientation)  # type: ignore[no-any-return, operator]
        if ending == ".py":
            from mandala_lab.report.program import only_result

            return self.save_py(path, only_result(self._graph))
        return self.save_json(path) if ending == ".json" else self.save_graphml(path)

    def save_html(
        self,
        path: str | Path,
        *,
        title: str | None = None,
        values: bool = False,
        redact: Redact = (),
        orientation: Orientation = "TB",
    ) -> Path:
        """Write a page that needs no network and no server, and return its path.

        It has the graph to move, zoom, search and fold; for each node the code of the op,
        failed calls or values; the table of joint histories; and what the run came to.

        Parameters
        ----------
        title
            Heading of the page.
        values
            Whether looks at values, and messages of errors, are written. Otherwise the page
            has neither a value nor an argument; refs go by the beginnings of their ids.
        redact
            What is left out nevertheless: names of arguments, outputs and variables, in
            which ``*`` and ``?`` stand for anything; types, or their dotted names. With it,
            messages of errors are left out too. Secrets always are.

        Examples
        --------
        >>> import tempfile
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     _ = inc(1)
        >>> page = storage.cf(inc).save_html(f"{tempfile.mkdtemp()}/report.html", values=True, redact="x")
        >>> "left out of this export" in page.read_text()
        True
        """
        from mandala_lab.report.content import gather, what_is_gone
        from mandala_lab.report.looks import Looks
        from mandala_lab.report.page import to_html

        refuse_other(title, (str, type(None)), "the title of a page is a text")
        looks = Looks(self._graph, values=values, redact=redact)
        scene = self.scene(orientation)
        report = gather(self._graph, self._store, scene, _TITLE if title is None else title, looks)
        for name, hint in looks.redaction.unmet().items() if values else ():
            told = f"redact names {name!r}, and nothing that is shown of this frame has this name or type; {hint}"
            warn_user(told)
        return write(path, ".html", to_html(report, what_is_gone(self._graph)))

    def save_png(self, path: str | Path, *, scale: float = 2, orientation: Orientation = "TB") -> Path:
        """Write the picture in pixels and return its path; needs ``pip install "mandala-lab[png]"``.

        Parameters
        ----------
        scale
            Pixels for each unit of the picture.

        Examples
        --------
        >>> import tempfile
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(1)
        >>> storage.cf(inc).save_png(f"{tempfile.mkdtemp()}/frame.png").read_bytes()[1:4]
        b'PNG'
        """
        from mandala_lab.report.pixels import to_png

        return write(path, ".png", to_png(self.scene(orientation), scale))

    def save_markdown(self, path: str | Path, *, title: str | None = None, orientation: Orientation = "TB") -> Path:
        """Write a text in Markdown, its picture beside it under the same name in ``.svg``, and return the path.

        Examples
        --------
        >>> import tempfile
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(1)
        >>> text = storage.cf(inc).save_markdown(f"{tempfile.mkdtemp()}/frame.md", title="Sums")
        >>> text.read_text().splitlines()[0], text.with_suffix(".svg").exists()
        ('# Sums', True)
        """
        from mandala_lab.model.files import target
        from mandala_lab.report.markdown import to_markdown

        refuse_other(title, (str, type(None)), "the title of a text is a text")
        target(path, ".md")
        picture = self.save_svg(Path(path).with_suffix(".svg"), orientation)
        return write(path, ".md", to_markdown(self._graph, self._store, _TITLE if title is None else title, picture))

    def save_graphml(self, path: str | Path) -> Path:
        """Write nodes and edges as GraphML and return the path: what `to_networkx` gives.

        Examples
        --------
        >>> import tempfile
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(1)
        >>> import networkx
        >>> path = storage.cf(inc).save_graphml(f"{tempfile.mkdtemp()}/frame.graphml")
        >>> sorted(networkx.read_graphml(path))
        ['inc', 'x', 'y']
        """
        from mandala_lab.report.graphml import to_graphml

        return write(path, ".graphml", to_graphml(self._graph))

    @collector_at_rest()
    def save_json(self, path: str | Path) -> Path:
        """Write what `to_dict` gives as JSON, which `from_dict` takes, and return the path.

        Examples
        --------
        >>> import tempfile
        >>> from mandala_lab import Storage, op
        >>> @op(output_names=["y"])
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     y = inc(1)
        >>> import json
        >>> frame = storage.cf(inc)
        >>> data = json.loads(frame.save_json(f"{tempfile.mkdtemp()}/frame.json").read_text())
        >>> type(frame).from_dict(data, storage) == frame
        True
        """
        import msgspec

        return write(path, ".json", msgspec.json.format(json.dumps(self.to_dict()), indent=1))

    def save_py(self, path: str | Path, ref: Ref | str) -> Path:
        r"""Write a program that makes a value again, and return its path.

        It has the recorded source of each op that led to the value, in the version that
        ran, and the arguments that no call made; it needs no store and no mandala-lab.

        Parameters
        ----------
        ref
            The value, as a ref or by its hid.

        Warns
        -----
        MandalaLabWarning
            When a value could not be written: of an own class, or too large.

        Raises
        ------
        ValueError
            When the source of a call was not recorded, or does not say how it was called.

        Examples
        --------
        >>> import runpy, subprocess, sys, tempfile
        >>> from pathlib import Path
        >>> from mandala_lab import Storage, op
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "sums.py").write_text("def inc(x):\n    return x + 1\n")
        >>> inc = op(runpy.run_path(str(folder / "sums.py"))["inc"])
        >>> with Storage() as storage:
        ...     y = inc(1)
        >>> program = storage.cf(inc).save_py(folder / "again.py", y)
        >>> subprocess.run([sys.executable, program], capture_output=True, text=True).stdout
        '2\n'
        """
        from mandala_lab.report.program import left_open, to_program

        program = to_program(self._store, ref)
        left = left_open(program)
        if left:
            told = f"{', '.join(left[:_TOLD])}{' and others' if len(left) > _TOLD else ''}"
            warn_user(f"{path} lacks what could not be written, and stops there when it is run: {told}")
        return write(path, ".py", program)

    @classmethod
    def from_dict(cls, data: Any, storage: Any) -> Any:
        """Return the frame that `to_dict` made data of, out of a storage that has its calls.

        Raises
        ------
        ValueError
            For what is no such data, and where the storage lacks what it speaks of.

        Examples
        --------
        >>> from mandala_lab import ComputationFrame, Storage, op
        >>> @op
        ... def inc(x):
        ...     return x + 1
        >>> with Storage() as storage:
        ...     _ = inc(1)
        >>> data = storage.cf(inc).to_dict()
        >>> ComputationFrame.from_dict(data, storage).to_dict() == data
        True
        """
        from mandala_lab.frame.imported import from_dict

        if not hasattr(storage, "store"):
            raise TypeError(f"from_dict takes the storage that has these calls, not {type(storage).__name__}")
        return cls(from_dict(data, storage.store), storage.store)
