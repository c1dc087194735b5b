"""A real Jupyter server answers what a notebook recorded, and nobody who may not ask."""

from __future__ import annotations

import http.cookiejar
import json
import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from mandala_lab import Storage, op
from mandala_lab.live.notebooks import note_store, store_of

TOKEN = "a-token-of-the-tests"


@op(output_names=["y"])
def inc(x):
    """Add one."""
    return x + 1


@dataclass(frozen=True)
class Server:
    url: str
    folder: Path

    def ask(self, notebook, content, *, opener=None, **headers):
        """POST a request; returns status and reply."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        place = f"{self.url}/mandala-lab/notebooks/{notebook}"
        request = urllib.request.Request(place, data=body, headers=headers or {"Authorization": f"token {TOKEN}"})
        try:
            with (opener or urllib.request.build_opener()).open(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
    command += ["--ServerApp.jpserver_extensions={'mandala_lab.server': True}"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_until_ready(port, process, tmp_path / "server.log")
            yield Server(f"http://127.0.0.1:{port}", folder)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_until_ready(port, process, log):
    """Try until somebody listens: nothing tells when."""
    pause = threading.Event()
    for _ in range(300):
        assert process.poll() is None, log.read_text()
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            pause.wait(0.1)
    pytest.fail(f"no server after 30 s: {log.read_text()}")


@pytest.fixture
def recorded(server):
    """A notebook ``a b.ipynb`` that recorded two calls."""
    session = str(server.folder / "a b.ipynb")
    storage = Storage(server.folder / "results.db", session=session)
    note_store(session, storage.path)
    with storage:
        inc(1)
        inc(2)
    yield storage
    storage.close()


def test_what_a_notebook_recorded_is_read_with_no_kernel(server, recorded):
    status, frame = server.ask("a%20b.ipynb", {"type": "frame.get"})
    assert status == 200
    assert {node["id"] for node in frame["scene"]["nodes"]} == {"op:inc", "var:x", "var:y"}
    assert {node["status"] for node in frame["scene"]["nodes"]} == {"earlier"}
    assert frame["store"]["label"] == recorded.path
    assert frame["store"]["calls"] == 2
    _, node = server.ask("a%20b.ipynb", {"type": "node.inspect", "node": "op:inc"})
    assert (node["total"], node["doc"]) == (2, "Add one.")
    _, call = server.ask("a%20b.ipynb", {"type": "call.inspect", "hid": node["calls"][0]["hid"]})
    assert [value["preview"]["text"] for value in call["outputs"]] == ["3"]
    _, refused = server.ask("a%20b.ipynb", {"type": "replay.run", "call": "ab", "arguments": {}})
    assert (refused["type"], refused["code"]) == ("error", "no_kernel")
    with recorded:
        inc(3)
    assert server.ask("a%20b.ipynb", {"type": "frame.get"})[1]["store"]["calls"] == 3


def test_what_cannot_be_answered_is_said(server, recorded):
    assert server.ask("other.ipynb", {"type": "frame.get"})[1]["code"] == "never_recorded"
    assert server.ask("../a%20b.ipynb", {"type": "frame.get"})[1]["code"] == "never_recorded"
    assert server.ask("a%20b.ipynb", {"type": "node.inspect", "node": "op:none"})[1]["code"] == "not_found"
    assert server.ask("a%20b.ipynb", {"type": "frame.get", "store": "/etc/passwd"})[1]["code"] == "bad_request"
    assert server.ask("a%20b.ipynb", b"[1, ")[0] == 400
    assert server.ask("a%20b.ipynb", b" " * 1_000_001)[0] == 413
    foreign = server.folder / "foreign.db"
    foreign.write_bytes(b"no database" * 100)
    note_store(str(server.folder / "c.ipynb"), str(foreign))
    status, failed = server.ask("c.ipynb", {"type": "frame.get"})
    assert (status, failed["code"]) == (200, "failed")
    assert "not a mandala-lab store" in failed["message"]


def test_nobody_else_may_ask(server, recorded):
    question = {"type": "frame.get"}
    assert server.ask("a%20b.ipynb", question, Authorization="token wrong")[0] == 403
    assert server.ask("a%20b.ipynb", question, Accept="*/*")[0] == 403
    cookies = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    with browser.open(f"{server.url}/api/status?token={TOKEN}", timeout=20) as answer:
        assert answer.status == 200
    with browser.open(f"{server.url}/login", timeout=20) as page:  # sets the XSRF cookie
        assert page.status == 200
    assert server.ask("a%20b.ipynb", question, opener=browser, Accept="*/*")[0] == 403
    token = next(cookie.value for cookie in cookies if cookie.name == "_xsrf")
    allowed = {"X-XSRFToken": token}
    assert server.ask("a%20b.ipynb", question, opener=browser, **allowed)[0] == 200
    foreign = server.ask("a%20b.ipynb", question, opener=browser, **allowed, Origin="http://evil.test")
    assert foreign[0] == 404  # how a Jupyter server refuses a page of another site


def test_notes_are_private_and_only_of_files_that_are_there(tmp_path):
    store = tmp_path / "s.db"
    note_store("n.ipynb", str(store))
    assert store_of("n.ipynb") is None
    store.touch()
    assert store_of("n.ipynb") == str(store)
    assert store_of("m.ipynb") is None
    notes = list(Path(os.environ["JUPYTER_DATA_DIR"]).rglob("*.json"))
    assert [note.stat().st_mode & 0o777 for note in notes] == [0o600]
    notes[0].write_text("{")
    assert store_of("n.ipynb") is None
    notes[0].unlink()
    notes[0].parent.rmdir()
    notes[0].parent.touch()  # a folder that cannot be made
    note_store("n.ipynb", str(store))
    assert store_of("n.ipynb") is None
