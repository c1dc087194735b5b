"""What a recording session is said to be: its notebook or script, its process, who and with which packages."""

from __future__ import annotations

import getpass
import os
import platform
import subprocess
import sys
import time
import uuid
from pathlib import Path

from mandala_lab.model.calls import Run


def default_session() -> str:
    """Return what a run belongs to by default: the notebook, else the script, else ``"python"``."""
    notebook = os.environ.get("JPY_SESSION_NAME")
    if notebook:
        return notebook
    script = sys.argv[0] if sys.argv else ""
    return str(Path(script).resolve()) if script and Path(script).is_file() else "python"


def new_run(session: str) -> Run:
    """Return a run that begins now."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # no such user in this container
        user = ""
    return Run(
        id=uuid.uuid4().hex,
        started_s=time.time(),
        session=session,
        kernel=str(os.getpid()),
        user=user,
        git_commit=_git_commit(),
        python=platform.python_version(),
        packages=_package_versions(),
    )


def _git_commit() -> str:
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 - the user's own git
            capture_output=True,
            text=True,
            timeout=2,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def _package_versions() -> dict[str, str]:
    """Versions of the packages that are loaded, as they state them."""
    found = {}
    for name, module in [pair for pair in list(sys.modules.items()) if hasattr(pair[1], "__dict__")]:
        version = None if "." in name or name.startswith("_") else vars(module).get("__version__")
        if isinstance(version, str):
            found[name] = str.__str__(version)  # some have a kind of text of their own
    return found
