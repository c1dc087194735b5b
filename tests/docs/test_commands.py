"""The commands that docs show run as they stand, in the order of the page, and print what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [page for page in sorted((ROOT / "docs").glob("*.md")) if "\n$ mandala " in page.read_text()]


def run(command: str, folder: Path) -> str:
    """Run a command as a shell does, with `mandala` as it is installed; return what it printed."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "TZ": "UTC",
    }
    script = f'mandala() {{ python -m mandala_lab "$@"; }}\n{command}\n'
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False, cwd=folder, env=environment, timeout=120
    )
    return done.stdout + done.stderr


def agrees(printed: str, said: str) -> bool:
    """Whether a command printed what the page says, but for spaces; ``...`` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in _words(said).split("..."))
    return re.fullmatch(pattern, _words(printed), re.DOTALL) is not None


def _words(text: str) -> str:
    return re.sub(" +", " ", text.strip())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_of_a_page_print_what_it_says(page, tmp_path):
    folder = tmp_path / "page"
    folder.mkdir()
    shown = 0
    for kind, text in BLOCK.findall(page.read_text()):
        if kind == "python":
            (folder / "example.py").write_text(text)
            assert "Error" not in run("python -W error::DeprecationWarning example.py", folder)
            continue
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, _, said = part.partition("\n")
            command = command.partition("  #")[0]
            printed = run(command, folder)
            assert agrees(printed, said), f"$ {command}\n{printed}"
            shown += 1
    assert shown
