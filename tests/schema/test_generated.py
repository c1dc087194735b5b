"""The TypeScript message types are generated from the Python structs and never stale."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = ROOT / "scripts" / "generate-schema"


def test_typescript_messages_are_not_stale() -> None:
    if not (ROOT / "node_modules" / ".bin" / "json2ts").exists():
        reason = "npm packages are not installed: run `npm ci` to check js/src/schema/messages.ts"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    done = subprocess.run(
        [sys.executable, str(GENERATOR), "--check"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
