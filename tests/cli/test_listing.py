"""What the command `mandala` lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_store import inc, ramp

from mandala_lab import Storage
from mandala_lab.trust import keys


def test_ls_lists_the_latest_calls(filled, run):
    status, out, _ = run("ls", filled)
    assert status == 0
    lines = [line.split("  ")[-1].strip() for line in out.splitlines()]
    assert lines == ["what", "inc(x=1)", "inc(x=2)", "ramp(n=50)", "ramp(n=5000)", "fails(x=0)"]
    assert "ERROR" in out.splitlines()[-1]
    assert [line.split()[-1] for line in run("ls", filled, "--op", "inc")[1].splitlines()] == [
        "what",
        "inc(x=1)",
        "inc(x=2)",
    ]
    assert run("ls", filled, "--status", "error")[1].splitlines()[1].endswith("fails(x=0)")
    status, out, _ = run("ls", filled, "--limit", "2")
    assert "ramp(n=5000)" in out
    assert "ramp(n=50)" not in out
    assert "the last 2 are shown" in out


def test_ls_lists_ops_and_signers(filled, run):
    assert run("ls", filled, "--ops")[1].splitlines()[1].split()[:2] == ["2", "1"]
    assert [one["op"].rpartition(":")[2] for one in json.loads(run("ls", filled, "--ops", "--json")[1])] == [
        "inc",
        "ramp",
        "fails",
    ]
    (signer,) = json.loads(run("ls", filled, "--signers", "--json")[1])
    assert (signer["standing"], signer["calls"]) == ("you", 5)


def test_ls_lists_sessions(filled, run):
    with Storage(filled, session="second") as storage:
        inc(7)
    storage.close()
    sessions = json.loads(run("ls", filled, "--sessions", "--json")[1])
    assert sessions[1:] == ["second"]
    assert run("ls", filled, "--sessions")[1].splitlines() == ["session", *sessions]
    assert run("export", filled, "second.svg", "--session", "second")[0] == 0


def test_ls_lists_pins(filled, run):
    call = Storage(filled).calls(ramp)[0]
    run("pin", filled, call.hid, "--reason", "in the paper")
    (one,) = json.loads(run("ls", filled, "--pins", "--json")[1])
    assert (one["hid"], one["reason"]) == (call.hid, "in the paper")
    assert call.hid in run("ls", filled, "--pins")[1]


def test_ls_as_json_has_ids_and_status(filled, run):
    found = json.loads(run("ls", filled, "--json")[1])
    storage = Storage(filled)
    assert [one["hid"] for one in found] == [call.hid for call in storage.calls()]
    assert found[0]["outputs"]["output_0"]["cid"] == storage.calls()[0].outputs["output_0"].cid
    assert found[-1]["error"].strip().splitlines()[-1].startswith("ValueError")


@pytest.mark.parametrize("kind", ["ops", "sessions", "pins", "signers", "set-aside"])
def test_what_chooses_calls_does_not_go_with_other_lists(filled, run, kind):
    for option in (["--op", "inc"], ["--status", "ok"], ["--limit", "3"]):
        status, _, err = run("ls", filled, f"--{kind}", *option)
        assert status == 1
        assert f"they do not go with --{kind}" in err


def test_a_store_without_its_large_values_is_listed(filled, run, tmp_path):
    Path(f"{filled}.values").rename(tmp_path / "away")
    for arguments in (["ls", filled], ["stats", filled], ["export", filled, "graph.svg"]):
        assert run(*arguments)[0] == 0
    for arguments in (["fsck", filled], ["fsck", filled, "--repair"], ["export", filled, "all.zip"]):
        status, _, err = run(*arguments)
        assert status in {1, 4}
        assert "store.db.values, which is no folder or not there; bring it back" in err
    (tmp_path / "away").rename(f"{filled}.values")
    assert run("fsck", filled)[0] == 0


def test_stats_count(filled, run):
    status, out, _ = run("stats", filled)
    assert status == 0
    assert out.startswith("5 calls, 2 values of")
    found = json.loads(run("stats", filled, "--json")[1])
    assert (found["calls"], found["computed"], found["cached"], found["failed"]) == (5, 4, 1, 1)


def test_explain_says_why_a_call_ran(filled, run):
    hid = Storage(filled).calls(ramp)[1].hid
    status, out, _ = run("explain", filled, hid[:10])
    assert (status, out) == (0, "ramp ran anew: argument 'n' is 5000 and was 50, compared with the nearest call\n")
    found = json.loads(run("explain", filled, hid, "--json")[1])
    assert (found["reason"], found["differences"][0]["name"]) == ("arguments", "n")


def test_config_shows_where_settings_come_from_and_no_secret(run, monkeypatch, tmp_path):
    monkeypatch.setenv(keys.KEY_VARIABLE, "ab" * 32)
    monkeypatch.setenv("MANDALA_LAB_DURABILITY", "power")
    (tmp_path / "config.toml").write_text("cache_MB = 8\n")
    monkeypatch.setenv("MANDALA_LAB_CONFIG", str(tmp_path / "config.toml"))
    status, out, _ = run("config")
    assert status == 0
    assert "ab" * 8 not in out
    found = {one["name"]: one for one in json.loads(run("config", "--json")[1])}
    assert found["durability"] == {
        "name": "durability",
        "value": "power",
        "source": "environment MANDALA_LAB_DURABILITY",
    }
    assert (found["cache_MB"]["value"], found["cache_MB"]["source"]) == (8.0, str(tmp_path / "config.toml"))
    assert found["key"]["value"] == "**********"
    assert found["on_change"]["source"] == "default"
