"""The Python examples of README and docs run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = [
    (page.name, number, code)
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    for number, code in enumerate(re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL))
]


@pytest.mark.parametrize(("page", "number", "code"), EXAMPLES, ids=[f"{page}-{n}" for page, n, _ in EXAMPLES])
def test_an_example_runs(page, number, code, tmp_path):
    (tmp_path / "example.py").write_text(code)
    scope = {"__name__": "__main__"}
    exec(compile(code, str(tmp_path / "example.py"), "exec"), scope)
    assert len(scope) > 1
